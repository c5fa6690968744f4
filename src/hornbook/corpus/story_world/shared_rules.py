"""How stories begin and end, and the turns of phrase that all plots share.

Every opening gives names to the same words (hero, kin, pet, beast and near), so that any plot and any ending may
speak of them again.
"""

from __future__ import annotations

SHARED_RULES = {
    "story": "{>opening}\n\n{>plot}\n\n{>ending}",
    "ly": "[.| {=adverbs}.]",
    "gloomily": "[.| {=glooms}.]",
    "gladly": "[.| {=glees}.]",
    "asked": "{=asking}",
    "cried": "{=shouting}",
    "wailed": "{=wailing}",
    "said": "{=speaking}",
    "found": "[found|noticed|spotted|saw|discovered|came upon]",
    "looked": "[searched|hunted|looked|peered|felt|poked]",
    "way": "[down|up|along] the {=roads} {=ways}",
    "day": """
        [One {=airs} {=times}|On {=airs.a} {=weekdays}|Early one {=airs} {=weekdays}|One {=airs} {=times} in {=months}
        |After {=numbers} {=airs} days]
        """,
    "food": "{=tastes} {=goods}",
    "meal": "{=tastes.a} {=foods}",
    "beast": "{=moods.a} {=animals}",
    "herd": "{=crowds} {=moods} {=herds}",
    "cloth": "{=fabrics.a} {=clothes}",
    "bloom": "{=petals.a} {=flowers}",
    "plaything": "{=qualities.a} {=toys}",
    "crowd": "{one=children}, {two=children}, and {three=children}",
    "sights": """
        [On the way|Along the road|Soon] {he} [met|passed|saw|greeted|counted] {>herd}, {>beast}, and {>beast}.
        """,
    "opening": """
        [Once upon a time, {=traits.a} [girl named {hero=girls}|boy named {hero=boys}] lived {near=nears} with
        {kin=kin}, {>herd}, and {=moods.a} {beast=pets} named {pet=petnames}.
        |{hero=children} was {good=traits.a}, {fair=traits} {hero.child} who lived {near=nears} with {kin=kin},
        {>herd}, and {pet=petnames}, {=moods.a} {beast=pets}.
        |Long ago, in {=qualities.a}, {=colors} {=dwellings} {near=nears}, there lived {kin=kin}, {=moods.a}
        {beast=pets} named {pet=petnames}, and {=traits.a} [girl called {hero=girls}|boy called {hero=boys}].
        |Have you heard of {hero=children}, the {=traits} {hero.child} with the {=fabrics} {=clothes}? {He} lived
        {near=nears} with {kin=kin}, {>herd}, and {pet=petnames} the {beast=pets}.] <live hero near> <family hero kin>
        <name beast pet>
        """,
    "ending": "<go hero home>[{>supper}|{>bed}] [{>lesson}|{>praise}|{>last}]",
    "supper": """
        [That [night|evening] {kin} [made|baked|warmed|cooked|served] {=tastes} {=flavors} {=dishes} with {>food}
        |[At home|Back home|At supper] there were {>food}, {>food}, and {>food}], and {pet} the {beast} had {>meal}.
        """,
    "bed": """
        {Hero} [slept|dozed off|went to bed|curled up] under {=fabrics.a} [quilt|blanket|cover|shawl] and dreamed of
        {dream=dreams}, {vision=dreams}, and {marvel=dreams}. <dream hero dream>
        """,
    "lesson": """
        [And|So|Then|Now] {hero} knew that {good=virtues} and {fair=virtues} [matter|count|last] more than
        {gem=treasures}, {riches=treasures}, or {pomp=treasures}. <value hero good fair>
        """,
    "praise": """
        "What {good=traits.a}, {fair=traits}, {dear=traits} {hero.child} you are," {>said} {kin}{>ly} {Hero} felt
        {glad=gladness} and {gay=gladness}. <feel hero glad gay>
        """,
    "last": "{Pet} [chased|watched|followed|nudged|licked] {>beast} and {>herd} {=spots}, and {hero} was {=gladness}.",
}
