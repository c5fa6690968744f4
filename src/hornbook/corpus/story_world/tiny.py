"""A world so small that all its stories can be written down: three plots, two or three words of a kind."""

from __future__ import annotations

from hornbook.corpus.story_world.words import adjectives, people, places, tables, toys

GIRLS = people("Mia, Nora", "girl")
BOYS = people("Tom", "boy")

TINY_VOCABULARY = tables(
    girls=GIRLS,
    children=GIRLS + BOYS,
    toys=toys("kite: fly/flew, drum: bang/banged"),
    colors=adjectives("red, orange"),
    places=places("big", "park: in, hill: on"),
)

TINY_RULES = {
    "story": "{>opening} {>plot}\n\n{>ending}",
    "opening": """
        [{hero=children} was a {hero.child}|Once there was a girl called {hero=girls}] who had {color=colors.a}
        {toy=toys}. <own hero toy> <color toy color>
        """,
    "ending": "[{He} was happy.|And {friend} was [glad|merry] too.|The end.]",
}

TINY_PLOTS = {
    "a gift": """
        {Hero} gave the {toy} to {friend=children}. <give hero friend toy> "Thank you for the {color} {toy}," said
        {friend}.
        """,
    "a swap": """
        {friend=children} had {prize=toys.a}. <own friend prize> {Hero} gave {friend} the {toy} for the {prize}.
        <give hero friend toy> <give friend hero prize>
        """,
    "a visit": """
        {Place=places.at} {hero.he} met {friend=children}. <go hero place> <go friend place> They {toy.did} the {toy}
        there[.| until dark.]
        """,
}
