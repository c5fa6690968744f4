"""Plots about wishes and wonders: learning, growing, baking, riddles, spells, stars and the dark."""

from __future__ import annotations

PLOTS_OF_WISHES = {
    "learning": """
        More than anything, {hero} wanted to learn {skill=skills.ing}. <want hero skill> "Who can teach me {skill.ing}?" {he}
        asked {kin}. "Ask {friend=children} or the {trade=trades}," {>said} {kin}{>ly} The {trade} was {=places.at}, but {friend} was
        {place=places.at}, and {hero} {=motions} {>way} to {friend}. <go hero place> <go friend place> "I will teach you {skill.ing}
        if you teach me {art=skills.ing}," {>said} {friend}{>ly}

        On {first=weekdays} {hero} tried and [fell|failed|slipped|stumbled]. On {next=weekdays} {he} tried again and felt
        {=sadness}. But on {last=weekdays} {he} {skill.did} for {=numbers} minutes! <learn hero skill> "{=cheers}! You can {skill},"
        {>cried} {friend}{>ly} "Now it is your turn to {art}," {>said} {hero}{>ly} And before {=months} {friend} {art.did} as well as
        {hero} {skill.did}. <learn friend art>
        """,
    "a seed": """
        The {trade=trades} gave {hero} a [tiny|strange|round|small] {color=colors} seed. "Plant it {spot=spots}, and water it every
        {time=times}," {>said} the {trade}{>ly} So {hero} planted it {spot}. Every {time} {he} [came|ran|went] there with water.
        {friend=children} laughed. "Nothing will grow {spot}," {>said} {friend}{>ly} In {first=months} there was nothing. In
        {next=months} there was nothing.

        But in {last=months} a {color} leaf came up, and then {many=numbers} {bloom=flowers.s}, and then {fruit=foods.a} as big as
        {giant=animals.a}! "{=cheers}! Come and see my {fruit}," {>cried} {hero}{>ly} {He} cut the {fruit} for {friend}, for
        {other=children}, and for the {trade}. "I was wrong," {>said} {friend}{>ly} "Take some {bloom} home," {>said} {hero}{>ly} And the
        {trade} gave {friend} a {hue=colors} seed too.
        """,
    "the magic word": """
        An old {animal=animals} told {hero} a secret. "{Place=places.At} there is a door. Say {spell=spells}, {charm=spells},
        {rune=spells}, and it will open," {>said} the {animal}{>ly} {Hero} told {friend=children}, and they {=motions} {>way}. {>sights}

        "{Charm}, {spell}, {rune}!" {>cried} {friend}{>ly} The door did not open. "No," {>said} {hero}{>ly} "{Spell}, {charm}, {rune}!"
        <go hero place> <go friend place> The door opened, and inside were {heap=numbers} {color=colors} {toy=clothes.s} and a table
        with {snack=foods.s} and {bite=foods.s}. {Friend} took one of the {toy}, and {hero} ate the {snack}. Then they gave the {bite}
        to the {first}, the {second}, and the {third}. "Remember {spell}, {charm}, {rune}," {>said} the old {animal}{>ly}
        """,
    "a wish on a star": """
        A star fell over the {dwelling} one {=airs} night. "I wish for {wish=dreams}," {>said} {hero}{>ly} <want hero wish>
        {friend=children} saw the star too, {place=places.at}. <go friend place> "I wish for {hope=dreams}," {>said} {friend}{>ly}
        <want friend hope> In the morning {hero} looked {>look}, but nothing had [changed|happened|come]. "Wait until {due=weekdays},"
        {>said} {kin}{>ly}

        On {due} {hero} {=motions} {place.to}. <go hero place> There was a {color=colors} {=bags} with two notes. "For {hero}:
        {wish}," said one. "For {friend}: {hope}," said the other. "{=cheers}! Who did it?" {>cried} {friend}{>ly} {Animal=animals.a}
        [smiled|winked|bowed] {=spots}. "Was it you?" asked {hero}{>ly} But the {animal} only [said|sang|hummed]:
        "{Wish} for you, and {hope} for {friend}."
        """,
    "afraid of the dark": """
        When the lamp went out, {hero} was afraid. <own kin toy> "{=alarms}! I hear something {spot=spots}," {>cried} {hero}{>ly} "Is it
        {first=animals.a}?" asked {kin}{>ly} "No, it is bigger." "Is it {second=animals.a}?" "No, it is bigger." "Is it
        {third=animals.a}?" "No, it is worse!" {>said} {hero}{>ly} So {kin} took the {color=colors} {toy=toys} and {his} hand, and
        they {=motions} {>way}.

        They looked {spot}. There was no {first}, no {second}, and no {third}. There was only {pet} the {beast} with {snack=foods.a}!
        "{=cheers}! It was only {pet}," {>said} {hero}{>ly} {He} was {=gladness}. On {=weekdays} {friend=children} stayed for the night.
        "I hear {noise=animals.a} {=spots}," {>said} {friend}{>ly} "Do not be afraid," {>said} {hero}{>ly} "It is only {pet} with {snack.a}."
        """,
    "a riddle": """
        {Animal=animals.a} sat {spot=spots} and would not let {hero} pass. "What is {color=colors}, lives {place=places.at}, and can
        {skill=skills}?" {>said} the {animal}{>ly} {Hero} thought of {first=foods.a}. "No," said the {animal}. "{First.s} can not {skill}."
        {Hero} thought of {second=toys.a}. "No," said the {animal}. "{Second.a} does not live {place.at}."

        Then {friend=children} came {>way} in {color.a} {cloth=clothes}. "I can {skill}," {>said} {friend}{>ly} "And where do you live?"
        asked {hero}{>ly} "I live {place.at}," {>said} {friend}{>ly} "{=cheers}! The answer is {friend}!" {>cried} {hero}{>ly} The {animal}
        felt {=gladness} and let them pass. <go hero place> <go friend place> They {=motions} {place.to} and ate {meal=foods.s} and
        {bite=foods.s}, and {friend} {skill.did} for {hero}.
        """,
    "salt for sugar": """
        "Today I will bake {sweet=foods.s} for {friend=children}," {>said} {hero}{>ly} {He} mixed {many=numbers} {first=foods.s},
        {few=numbers} {second=foods.s}, and a cup of sugar. But it was salt! {Friend} took a bite and made a face.
        "{=alarms}! These {sweet} taste of the sea," {>cried} {friend}{>ly} {Hero} felt {=sadness} and {ill=sadness}.

        "Every cook has to learn. Once I made {soup=foods} soup with {=clothes.a} in it," {>said} {kin}{>ly} {Hero} laughed and
        began again: {many} {first}, {few} {second}, and this time sugar. {Friend} [stirred|helped|watched] {=adverbs}. The {sweet}
        came out {=colors} and {=qualities}. "{=cheers}! These {sweet} taste of {=dreams}," {>cried} {friend}{>ly} They took some
        {place=places.to} <go hero place> <go friend place> for {guest=children}, {other=children}, and the {trade=trades}.
        """,
    "the striped fence": """
        {kin} asked {hero}, {friend=children}, and {other=children} to paint the fence. "Let us paint it {color=colors}," {>said}
        {friend}{>ly} "No, {hue=colors}," {>said} {other}{>ly} "Please, {tint=colors}!" {>said} {hero}{>ly} <want friend color>
        <want other hue> <want hero tint> They argued for {=numbers} hours and were {=sadness}, and the fence was still
        {=colors}.

        Then {first=animals.a} ran over the fence with paint on its feet. It left one {color} line, one {hue} line, and one {tint}
        line. "{=cheers}! Look at that," {>cried} {hero}{>ly} So {friend} painted {color} lines, {other} painted {hue} lines, and
        {hero} painted {tint} lines. The {trade=trades} [stopped|came|walked] by. "I have seen fences {place=places.at} and
        {next=places.at}, but none with {color}, {hue}, and {tint} lines," {>said} the {trade}{>ly} They gave the {first}
        {=foods.a}.
        """,
    "the big turnip": """
        In the garden grew {quality=qualities.a} {fruit=foods} as big as {size=animals.a}. {Hero} pulled {=adverbs}, but it would
        not come out. {He} called {friend=children}, and {friend} pulled {hero}. It would not come out. They called
        {other=children}, and {other} pulled {friend}, and {friend} pulled {hero}. It would not come out. They called
        {third=children}, and {third} pulled {other}, and {other} pulled {friend}, and {friend} pulled {hero}. "{=alarms}! Who else
        can help?" {>cried} {third}{>ly}

        Then {little=animals.a} came {>way}. "I am only {little.a}, but I can pull," {>said} the {little}{>ly} The {little} pulled
        {third}, {third} pulled {other}, {other} pulled {friend}, and {friend} pulled {hero}. Pop! Out came the {fruit}, and they all
        fell {=spots}. "{=cheers}! The {little} did it," {>cried} {friend}{>ly} They ate the {quality} {fruit} with {=foods.s} until
        {=weekdays}, and the {little} ate most of it.
        """,
    "a boast": """
        "I can {skill=skills} better than anyone," {>said} {hero}{>ly} "And I can {art=skills} {place=places.at} all {time=times}."
        {friend=children} [smiled|nodded|waited]. "Then show us on {due=weekdays}," {>said} {friend}{>ly} But {hero} could not {skill}
        at all, and {he} could not {art}. {He} felt {=sadness}.

        On {due} {friend}, {other=children}, {third=children}, and {first=animals.a} waited {place.at}. <go friend place>
        <go other place> <go third place> {Hero} came {>way}. <go hero place> "{=alarms}! I told a lie. I can not {skill}, and I can
        not {art}," {>said} {hero}{>ly} "We knew," {>said} {other}{>ly} "But {friend} can {skill}, I can {art}, and we can teach you."
        By {=months} {hero} {skill.did} with {friend} and {art.did} with {other}, <learn hero skill> and even the {first} tried it.
        """,
    "no sleep": """
        One {=airs} night {hero} could not sleep. {He} counted {many=numbers} {first=animals.s}, and {few=numbers} {second=animals.s},
        and {more=numbers} {third=animals.s}. {He} lay {=spots}, then {=spots}. "What is wrong?" asked {kin}{>ly} "I am thinking
        about {tale=topics}," {>said} {hero}{>ly} "Then I will sing of {song=subjects}," {>said} {kin}{>ly} And {kin} sang: "{Spell=spells},
        {charm=spells}, {rune=spells}, the {many} {first} sleep under the moon."

        {Hero} was still awake. So {kin} sang: "{Spell}, {charm}, {rune}, the {few} {second} sleep under the moon." {Hero} yawned.
        "{Spell}, {charm}, {rune}, the {more} {third} sleep under the moon." {Hero} closed {his} eyes. On {=weekdays} {he} went
        {place=places.to} and told {friend=children}. "I can not sleep {place.at}," {>said} {friend}{>ly} <go friend place> "Then sing
        {spell}, {charm}, {rune}," {>said} {hero}{>ly} And {friend} fell asleep {=spots}.
        """,
    "who took the pie": """
        {kin} had baked {flavor} {dish}, and now it was gone. "Who took it?" asked {kin}{>ly} "It was not I. I was {place=places.at}
        with {friend=children}," {>said} {hero}{>ly} <go hero place> <go friend place> "It was not I. I {=motions} {>way} with my
        {toy=toys}," {>said} {other=children}{>ly} <own other toy> "It was not I," {>said} the {trade=trades}{>ly} "I was asleep
        {spot=spots}." Only {third=children} said nothing and looked {=sadness}.

        "{Third}, where were you?" asked {hero}{>ly} {third} had crumbs on {third.his} {color=colors} {cloth=clothes}.
        <own third cloth> <color cloth color> "{=alarms}! I took it. I was so hungry," {>said} {third}{>ly} {Kin} did not shout. "Then help me
        bake {flavor} {dish} again," {>said} {kin}{>ly} So {third} fetched {=numbers} {a=foods.s}, {hero} fetched {=numbers}
        {b=foods.s}, and {friend} brought {=flowers.s}. They ate it all, and {other} {toy.did} the {toy}.
        """,
}
