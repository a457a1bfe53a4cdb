"""Pages for people: server-rendered, without script, in English, Chinese and French."""
