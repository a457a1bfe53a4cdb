"""What the evaluation report says in words: what its figures mean, and what they do not."""

from graph_builder.evaluation.intervals import RESAMPLES
from graph_builder.evaluation.sets import DEVELOPMENT, INDEPENDENT, PASSAGES

INTRODUCTION = """# Evaluation

Made by `aigov evaluate`; `make evaluate` rewrites this page, nobody edits it. The figures compare what the builder
extracts with what people wrote down by hand for the same sentences. In brackets: a 95 % interval."""

SETS = {
    DEVELOPMENT: "the bundled texts: rules and vocabularies were written in view of these annotations",
    PASSAGES: "invented texts in the manner of real documents, annotated without sight of the rules, but since seen",
    INDEPENDENT: "real documents of others, annotated without sight of the rules, but since seen",
}

ANCHORS = (
    ("two people with our annotation guide", "0.90–0.96"),
    ("two people on policy texts, POLIANNA: exactly the same words", "0.375"),
    ("two people on policy texts, POLIANNA: words that overlap", "0.487"),
    ("keyword matching of policy concepts, Climate Policy Radar", "0.45–0.51"),
    ("a large language model, concepts by passage, Climate Policy Radar", "0.898"),
)
"""Published figures, and the agreement measured with our guide; on other texts and tasks, so anchors, not opponents."""

DEFINITIONS = f"""## What the measures are

Counts are summed over texts before shares are taken (micro-average). P is the share of what was found that is
right, R the share of the gold that was found, F1 their harmonic mean.

- **region**: the characters of the body (text and its headings, spaces apart) on the page; where regions are
  annotated.
- **boundary**: the share of gold sentences that begin where a sentence of ours begins and end where one of ours
  ends, that is, equal one of ours or a run of several.
- **mention**: (sentence, topic) for every concept that the lexicon finds in a sentence, whatever is said of it:
  what matching alone would give.
- **sentence**: the sentence bears a statement. **act**: (sentence, act). **topic**: (sentence, topic).
  **act-topic**: (sentence, act, topic). **speaker**: (sentence, actor). **roles**: (sentence, role, actor) for
  addressees, beneficiaries and partners. **values**: (sentence, deadline or quantity).

A statement counts for the gold sentence that it overlaps most; one that overlaps none is wrong. Topics that
annotators could not choose (`data/gold/topics.txt` lists those they could) are neither right nor wrong.

The intervals are percentiles of {RESAMPLES} bootstrap resamples with a fixed seed. Within a text sentences are
drawn again, with the statements that belong to them (for regions: lines of the page); over several texts first the
texts, then sentences within each.

**Confidence** is the product of the priors of the rules that made a statement. "Act right": its sentence has this
act in the gold; "act and topics right": and all its topics are topics of that act there. The calibration error is
the mean distance between confidence and share right, weighted by the number of statements."""

LIMITS = """## What these figures do not say

- Rules and lexicon were written by hand, in view of the development texts. Leaving one text out cannot unwrite a
  rule, so there is no honest automatic cross-validation here; the **gap** between development and the other sets is
  the test of over-fitting. It includes that the other sets have one annotation each, which nobody adjudicated.
- Neither of the other sets is unseen any more: both were looked at, once measured, to mend general faults. The
  passages were written with the annotation guide at hand, so they may be easier than the wild.
- Precision of sentence boundaries is not measured: only sentences that bear statements are annotated.
- Unrelated pages are few. They do not enter any other table but that of confidence.

## To measure other texts

`aigov evaluate FOLDER` scores texts with annotations beside them (`NAME.jsonl` beside `NAME.txt`) or in
`data/gold`; `--gold DIR` (as often as needed) looks elsewhere; `--json` gives everything for programs, down to the
counts of each sentence. `make evaluate TEXTS=FOLDER`, with the texts of `data/gold/independent` in that folder,
measures these anew and keeps their counts in `scores.json` there."""
