"""The simulated world behind a story: who has what, who is where, and the facts that a reader could be asked.

A ``Scene`` is told every event of a story in order. It refuses what cannot happen (nobody gives away what they do not
have, nothing is found that was not lost), and at the end it answers questions about how things stand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from hornbook.corpus.story_world.telling import Event
from hornbook.corpus.story_world.words import Word
from hornbook.errors import HornbookError


class SceneError(HornbookError):
    """Something is told that cannot have happened."""


@dataclass(frozen=True)
class Fact:
    """A question that the story answers, about how things stand at its end.

    ``kind`` is one of holder, spot, place, color, wish, favorite, skill, home, family, pet, animal, dream, virtue and
    feeling.
    """

    question: str
    answer: str
    kind: str


@dataclass
class Scene:
    """How things stand. Each method is an event, called with the words that it happens to."""

    plot: str = ""
    holders: dict[Word, Word | None] = field(default_factory=dict)
    spots: dict[Word, Word] = field(default_factory=dict)
    places: dict[Word, Word] = field(default_factory=dict)
    colors: dict[Word, Word] = field(default_factory=dict)
    wishes: dict[Word, Word] = field(default_factory=dict)
    favorites: dict[Word, Word] = field(default_factory=dict)
    families: dict[Word, Word] = field(default_factory=dict)
    learned: dict[Word, Word] = field(default_factory=dict)
    homes: dict[Word, Word] = field(default_factory=dict)
    pets: dict[Word, Word] = field(default_factory=dict)
    dreams: dict[Word, Word] = field(default_factory=dict)
    virtues: dict[Word, tuple[Word, Word]] = field(default_factory=dict)
    feelings: dict[Word, tuple[Word, Word]] = field(default_factory=dict)
    broken: set[Word] = field(default_factory=set)

    def own(self, person: Word, thing: Word) -> None:
        """A person turns out to have a thing, or gets it from nobody in particular."""
        self.expect(self.holders.get(thing) is None and thing not in self.spots, f"the {thing} is not free to have")
        self.holders[thing] = person

    def give(self, giver: Word, taker: Word, thing: Word) -> None:
        """A person gives a thing to another."""
        self.expect(self.holders.get(thing) is giver, f"{giver} does not have the {thing}")
        self.expect(giver is not taker, f"{giver} gives the {thing} to nobody else")
        self.holders[thing] = taker

    def lose(self, person: Word, thing: Word) -> None:
        """A person loses a thing; nobody knows where it is."""
        self.expect(self.holders.get(thing) is person, f"{person} does not have the {thing}")
        self.holders[thing] = None

    def put(self, person: Word, thing: Word, spot: Word) -> None:
        """A person leaves a thing at a spot."""
        self.lose(person, thing)
        self.spots[thing] = spot

    def find(self, person: Word, thing: Word) -> None:
        """A person finds a thing that was lost or left."""
        self.expect(thing in self.holders and self.holders[thing] is None, f"the {thing} was never lost")
        self.holders[thing] = person
        self.spots.pop(thing, None)

    def go(self, person: Word, place: Word) -> None:
        """A person is somewhere from now on."""
        self.places[person] = place

    def color(self, thing: Word, color: Word) -> None:
        """A thing has a color."""
        self.expect(self.colors.get(thing, color) is color, f"the {thing} changes its color")
        self.colors[thing] = color

    def want(self, person: Word, wish: Word) -> None:
        """A person wants something."""
        self.wishes[person] = wish

    def ask(self, person: Word, color: Word) -> None:
        """A person asks for a color."""
        self.favorites[person] = color

    def family(self, person: Word, kin: Word) -> None:
        """A person lives with another."""
        self.families[person] = kin

    def learn(self, person: Word, skill: Word) -> None:
        """A person can do something from now on."""
        self.learned[person] = skill

    def live(self, person: Word, where: Word) -> None:
        """A person lives somewhere."""
        self.homes[person] = where

    def name(self, beast: Word, name: Word) -> None:
        """A pet has a name."""
        self.pets[beast] = name

    def dream(self, person: Word, vision: Word) -> None:
        """A person dreams of something before anything else."""
        self.dreams[person] = vision

    def value(self, person: Word, good: Word, fair: Word) -> None:
        """A person has learned what counts."""
        self.virtues[person] = (good, fair)

    def feel(self, person: Word, glad: Word, gay: Word) -> None:
        """A person feels in two ways at the end."""
        self.feelings[person] = (glad, gay)

    def break_(self, thing: Word) -> None:
        """A thing breaks."""
        self.expect(thing not in self.broken, f"the {thing} is broken already")
        self.broken.add(thing)

    def mend(self, thing: Word) -> None:
        """A broken thing is whole again."""
        self.expect(thing in self.broken, f"the {thing} was never broken")
        self.broken.remove(thing)

    def expect(self, holds: bool, problem: str) -> None:
        """Refuse what cannot happen.

        Raises:
            SceneError: it does not hold.
        """
        if not holds:
            raise SceneError(f"story world: in the plot {self.plot!r} {problem}; check the events of the plot")

    def facts(self) -> tuple[Fact, ...]:
        """What a reader could be asked at the end; no two questions are the same."""
        found = [Fact(f"Who has the {thing}?", str(who), "holder") for thing, who in self.holders.items() if who]
        found += [Fact(f"Where is the {thing}?", str(spot), "spot") for thing, spot in self.spots.items()]
        found += [Fact(f"Where is {who}?", place.forms["at"], "place") for who, place in self.places.items()]
        found += [Fact(f"What color is the {thing}?", str(color), "color") for thing, color in self.colors.items()]
        found += [Fact(f"What did {who} want?", wanted(wish), "wish") for who, wish in self.wishes.items()]
        found += [
            Fact(f"What color did {who} ask for?", str(color), "favorite") for who, color in self.favorites.items()
        ]
        found += [Fact(f"Who does {who} live with?", str(kin), "family") for who, kin in self.families.items()]
        found += [Fact(f"What did {who} learn?", f"to {skill}", "skill") for who, skill in self.learned.items()]
        found += [Fact(f"Where does {who} live?", str(where), "home") for who, where in self.homes.items()]
        found += [Fact(f"What is the name of the {beast}?", str(name), "pet") for beast, name in self.pets.items()]
        found += [Fact(f"What kind of animal is {name}?", str(beast), "animal") for beast, name in self.pets.items()]
        found += [Fact(f"What did {who} dream of first?", str(dream), "dream") for who, dream in self.dreams.items()]
        pairs = (("What counts for {}?", self.virtues, "virtue"), ("How did {} feel?", self.feelings, "feeling"))
        for form, table, kind in pairs:
            found += [Fact(form.format(who), f"{one} and {other}", kind) for who, (one, other) in table.items()]
        return tuple(found)


def wanted(wish: Word) -> str:
    """How one says what somebody wants: to do something, to go somewhere, or to have something."""
    if "ing" in wish.forms:
        return f"to {wish}"
    if "to" in wish.forms:
        return f"to go {wish.forms['to']}"
    return wish.forms.get("a", str(wish))


EVENTS: dict[str, Callable[..., None]] = {
    "own": Scene.own, "give": Scene.give, "lose": Scene.lose, "put": Scene.put, "find": Scene.find, "go": Scene.go,
    "color": Scene.color, "want": Scene.want, "ask": Scene.ask,
    "family": Scene.family, "learn": Scene.learn, "live": Scene.live, "name": Scene.name,
    "dream": Scene.dream,
    "value": Scene.value, "feel": Scene.feel, "break": Scene.break_, "mend": Scene.mend,
}  # fmt: skip


def play(events: Iterable[Event]) -> Scene:
    """The scene after some events.

    Raises:
        SceneError: one of them cannot have happened.
    """
    scene = Scene()
    for verb, words in events:
        if verb == "plot":
            scene.plot = str(words[0])
        else:
            EVENTS[verb](scene, *words)
    return scene
