"""Turn texts of AI governance into validated RDF in which every statement cites its exact words."""
