"""How stories begin and end, and the turns of phrase that all plots share.

Every opening gives names to the same words (hero, trait, kin, pet and beast, house, dwelling and near, flavor and dish), so
that any plot and any ending may speak of them again.
"""

from __future__ import annotations

SHARED_RULES = {
    "ly": "[.| {=adverbs}.]",
    "cried": "[cried|shouted|called|yelled|gasped|wailed|sobbed|sighed]",
    "said": "[said|answered|replied|whispered|laughed|murmured]",
    "found": "[found|noticed|spotted|saw|discovered]",
    "made": "[made|baked|warmed|cooked|served|fetched]",
    "way": "[down|up|along] the {=roads} [path|road|lane|trail|track|street]",
    "day": """
        [One {=airs} {=times}|On {=airs.a} {=weekdays}|Early one {=weekdays}|Late in {=months}|The next {=weekdays}
        |After {=numbers} {=airs} days]
        """,
    "sights": """
        [On the way|Along the road|Soon] {he} [met|passed|saw|greeted|counted] {first=animals.a}, {second=animals.a}, and
        {third=animals.a}. <see hero first second third>
        """,
    "look": "{look=spots} and {peek=spots}",
    "opening": """
        [Once upon a time, {trait=traits.a} [girl named {hero=girls}|boy named {hero=boys}] lived in {house=colors.a}
        {dwelling=dwellings} {near=nears}. {He} shared it with {his} {kin=kin.own} and {beast=pets.a} named {pet=petnames}.
        |{hero=children} was {trait=traits.a} {hero.child}. {His} {house=colors} {dwelling=dwellings} stood {near=nears}.
        {kin=kin} lived there too, and so did {pet=petnames} the {beast=pets}.
        |Long ago there was {house=colors.a} {dwelling=dwellings} {near=nears}. In it lived {trait=traits.a}
        [girl called {hero=girls}|boy called {hero=boys}], {his} {kin=kin.own}, and {beast=pets.a} named {pet=petnames}.
        |This is a story about {hero=children}, {trait=traits.a} {hero.child}. {He} lived with {his} {kin=kin.own} and
        {pet=petnames} the {beast=pets} in {house=colors.a} {dwelling=dwellings} {near=nears}.]
        {>treat} <live hero near> <name beast pet>
        """,
    "treat": """
        [They all loved|Their favorite food was|They often ate|Everyone there liked|On {=weekdays} they had
        |In {=months} they made|No one could resist] {flavor=flavors} {dish=dishes}.
        """,
    "ending": "<go hero home> {>night} [{>lesson}|{>dream}|{>praise}]",
    "night": """
        [That [night|evening] {kin} {>made} {flavor} {dish}, and {pet} [slept|purred|rolled over|sat|dozed|snored]
        [by the fire|under the table|near the door|on the rug|at {his} feet|in a basket].
        |Back in the {house} {dwelling}, {hero} told {kin} [everything|the whole story|what had happened] over some
        {flavor} {dish}, while {pet} the {beast} [listened|yawned|napped|nibbled|watched|blinked].
        |When {he} [came|got] home, {pet} [ran to|greeted|jumped at] {him}, and there was {flavor} {dish} for supper.
        |At home {near}, {kin} [hugged|kissed] {him} and gave {him} [some|plenty of|a lot of|a bit of] {flavor} {dish}.]
        """,
    "lesson": """
        [And {hero} never forgot|So {hero} learned|Then {kin} told {him}|Even {pet} seemed to know] that {=virtues} is
        [worth more than|better than|stronger than] {gem=treasures} and {riches=treasures}.
        """,
    "dream": """
        {hero} [felt|was] {=gladness}. {He} [slept|dozed off|closed {his} eyes] and dreamed of {dream=dreams} and {vision=dreams}.
        """,
    "praise": """
        "What {trait.a} {hero.child} you are, {hero}," [said|whispered|laughed] {kin}{>ly} {He} felt {glad=gladness} and
        {gay=gladness}.
        """,
}
