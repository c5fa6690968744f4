"""Raw text from the world becomes text worth training on: ``hornbook corpus refine``.

In: files of any size. Out: ``kept/``, .jsonl files with what is left, and a report of what went and why. On the way:

    languages         which language a text is in, by its small words and its runs of three letters
    quality           whether it is prose at all: the rules of Gopher (Rae et al. 2021, appendix A.1.1)
    private           addresses and numbers of people, replaced
    repeated_lines    long lines that stood somewhere before
    near_duplicates   documents that are almost another one: MinHash (Broder 1997) and its bands

``refine`` puts them together, file by file on all cores, and goes on where it was stopped. Start reading there.
"""
