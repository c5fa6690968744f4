"""Plots about wishes and wonders: learning, growing, baking, riddles, spells, stars and the dark."""

from __future__ import annotations

PLOTS_OF_WISHES = {
    "learning": """
        More than {>food} or {>plaything}, {hero} wanted to {skill=skills}. <want hero skill> {He} asked {>beast},
        {>beast}, the {=manners} {=trades}, and {friend=children}. "I will teach you {skill.ing} if you teach me
        {art=skills.ing}," {>said} {friend}{>ly} {Place=places.at}, among {>herd}, {hero} tried in {>cloth} and fell
        {=spots}. <go hero place> <go friend place> {He} felt {sad=sadness} and {blue=sadness}. But on {=weekdays}
        {he} {skill.did} for {=numbers} minutes! <learn hero skill> "{=cheers}! Now we both can," {>cried}
        {friend}{>gladly}
        """,
    "a seed": """
        The {=manners} {=trades} gave {hero} {=numbers} {=colors} seeds. "They will never grow," {>said}
        {friend=children}{>ly} {Hero} planted them {=spots}, and {he} [sang|talked|hummed] to them about {myth=topics}
        and {saga=topics}. In {=months} up came {>bloom}, {=petals} {=blooms}, and {=tastes.a} {fruit=foods} as big as
        {>beast}! "{=cheers}! I was wrong," {>cried} {friend}{>gladly} They shared the {fruit} with {other=children},
        {third=children}, and {>herd} {place=places.at}. <go hero place> <go friend place>
        """,
    "the magic word": """
        {Mood=moods.a}, {=colors} {animal=animals} told {hero} of a door {=spots}. "Say {spell=spells},
        {charm=spells}, {rune=spells}," {>said} the {animal}{>ly} {Hero} took {friend=children} and {other=children}
        along. {>sights} "{Spell}, {charm}, {rune}!" {>cried} {hero}{>gladly} The door opened, and inside were
        {=numbers} {=fabrics} {=garments}, {>food}, {=qualities.a}, {color=colors} {toy=toys}, <own hero toy>
        <color toy color> and {=dreams}.
        """,
    "a wish on a star": """
        When a star fell over {place=places}, {hero} wished for {wish=dreams}, <want hero wish> {friend=children}
        wished for {hope=dreams}, <want friend hope> and {other=children} wished for {>food}. They {>looked}
        {here=spots} and {there=spots}, but {>found} only {>beast}, {>herd}, and {>cloth}. "Wait until {=weekdays},"
        {>said} {kin}{>ly} And on {=qualities.a}, {=colors} {=bags} {=spots} there was a note: "For {hero}, {wish}.
        For {friend}, {hope}." "{=cheers}!" {>cried} {friend}{>gladly}
        """,
    "afraid of the dark": """
        In the dark {hero} heard a noise {=spots}. "Is it {>beast}? Is it {>herd}? Is it the {=manners} {=trades}?"
        {>asked} {kin}{>ly} "{=alarms}! It is {=crowds} {topic=herds}," {>wailed} {hero}{>gloomily} They took
        {=qualities.a}, {=colors} lamp and {>looked} {here=spots} and {there=spots}. There was only {pet} with
        {>cloth}, {>meal}, and {>food}! On {=weekdays} {friend=children} was afraid of {=topics} and {topic}, and
        {hero} said {=adverbs}: "It is only {pet}."
        """,
    "a riddle": """
        {Spot=spots} sat {=moods.a} {animal=animals} who let nobody pass. "What wears {>cloth}, eats {>food}, and can
        {skill=skills}?" {>asked} the {animal}{>ly} {Hero} thought of {>beast}, of {>plaything}, and of {=dreams}.
        Then {friend=children} came {>way} with {>herd} and {skill.did}. "{=cheers}! It is {friend}!" {>cried}
        {hero}{>gladly} The {animal} was {=gladness} and led them {place=places.to}, where {other=children} and
        {third=children} had {>meal}. <go hero place> <go friend place>
        """,
    "salt for sugar": """
        For {friend=children}, {other=children}, and {third=children}, {hero} baked a cake of {=numbers} {=goods},
        {>food}, {>food}, and salt instead of sugar. "{=alarms}! It tastes of {=fabrics} {=garments}," {>wailed}
        {friend}{>gloomily} {Hero} felt {=sadness} and {=sadness}. "Once I put {>beast} and {>bloom} in the {=flavors}
        {=dishes}," {>said} {kin}{>ly} They baked again {=glees}, and this cake was {=colors}, {=tastes}, and as big
        as {>beast}. They ate it {=spots}.
        """,
    "the striped fence": """
        {Kin} asked for a painted fence. "Make it {color=colors}," {>said} {friend=children}{>ly} "No, {hue=colors},"
        {>said} {other=children}{>ly} "Please, {tint=colors}," {>said} {hero}{>ly} <ask friend color>
        <ask other hue> <ask hero tint> They argued {=spots} until they were {sad=sadness} and {blue=sadness}. Then
        {=moods.a} {animal=animals}, {>beast}, and {>herd} ran past with {color}, {hue}, and {tint} feet. "{=cheers}!
        Stripes!" {>cried} {other}{>gladly} They gave the {animal} {>food}, {>bloom}, and {>cloth}.
        """,
    "the big turnip": """
        There grew {=tastes.a} {fruit=foods} as big as {>beast} {=spots}. {Hero} pulled {=adverbs}, then called
        {friend=children}, {other=children}, {third=children}, {>beast}, and the {=manners} {=trades}. "{=alarms}! It
        will not come out," {>wailed} {third}{>gloomily} Then {>beast} came {>way} with {>herd} and {=moods.a}
        {little=animals}. The {little} pulled {=adverbs} too. [Pop|Plop|Bang|Whoosh]! They fell {=spots}. "{=cheers}!
        Thank the {little}," {>cried} {other}{>gladly} They ate the {fruit} with {>food} and {=flavors} {=dishes}.
        """,
    "a boast": """
        "I can {skill=skills}, {art=skills}, and tame {=herds}," {>said} {hero}{>ly} "Show us {place=places.at},"
        {>said} {friend=children}{>ly} <go hero place> <go friend place> {Other=children}, {third=children}, {>herd},
        and the {=manners} {=trades} came with {>food} and {>plaything}. {Hero} hid {=spots} in {>cloth} and felt
        {sad=sadness} and {blue=sadness}. "{=alarms}! I can not {art}," {>wailed} {hero}{>gloomily} "Then I will teach
        you," {>said} {friend}{>ly} By {=months} {he} {skill.did} and {art.did} like {>beast}. <learn hero art>
        """,
    "no sleep": """
        All night long {hero} could not sleep. {He} counted {many=numbers} {=moods} {first=herds}, {few=numbers}
        {=moods} {second=herds}, {>food}, and {>food}. {He} thought about {myth=topics} and {saga=topics}. So {kin}
        put on {>cloth} and sang of {=subjects}, of {=dreams}, and of {=dreams}: "{Spell=spells}, {charm=spells},
        {rune=spells}." {Pet} slept {=spots}, the {first} slept, and the {second} slept near {>beast}. "{Spell},
        {charm}," sang {kin} {=adverbs}, and {hero} slept too.
        """,
    "who took the pie": """
        Who took the {=flavors} {dish=dishes}? "Not I. I was {place=places.at} with {>beast}," {>said}
        {friend=children}{>ly} "Not I. I fed {>food} to {>herd}," {>said} {other=children}{>ly} But {third=children},
        {sad=sadness} and {blue=sadness}, had crumbs on {third.his} {=fabrics}, {color=colors} {cloth=clothes}.
        <own third cloth> <color cloth color> "{=alarms}! I ate it {=spots}," {>wailed} {third}{>gloomily} "Then help
        us bake again," {>said} {hero}{>ly} They used {>food}, {>food}, and {=qualities.a} spoon.
        """,
}
