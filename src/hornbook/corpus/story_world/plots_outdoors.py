"""Plots under the open sky: weather and what comes of it, journeys, errands and games."""

from __future__ import annotations

PLOTS_OUTDOORS = {
    "a hat in the wind": """
        The wind blew hard that {=weekdays}. {Hero} wore {color=colors.a} {cloth=clothes} <own hero cloth> <color cloth color>
        and {=motions} {place=places.to} with {friend=children}. <go hero place> <go friend place>
        [Whoosh|Puff|Swoosh|Whirr]! The wind took the {cloth} <lose hero cloth> and carried it over {over=numbers}
        [roofs|hills|trees|walls|fields]. "{=alarms}! My {color} {cloth}!" {>cried} {hero}{>ly}

        They asked {first=animals.a}, but the {first} only [blinked|sneezed|yawned]. They asked {second=animals.a}. "It flew
        {spot=spots}," {>said} the {second}{>ly} And {spot} sat {third=animals.a} in the {color} {cloth}, {=gladness}. "You may
        have it back for {meal=foods.a} and {more=foods.a}," {>said} the {third}{>ly} {friend} had {meal.a}, and {hero} had
        {more.a}. So the {third} ate, and {hero} wore the {cloth} again. <find hero cloth> This time {he} tied it on with
        {=colors} string.
        """,
    "lost in the fog": """
        Thick fog came down one {=weekdays} when {hero} and {friend=children} were {place=places.at}. <go hero place>
        <go friend place> "{=alarms}! I can not see {=animals.a} or {=places}," {>said} {friend}{>ly} They held hands and
        {=motions} {>way}. They bumped into {bump=animals.a}, then {lump=animals.a}, then {thump=animals.a}. {Friend} felt
        {=sadness}.

        "Hush, {friend}. Can you hear {toy=toys.a}?" {>said} {hero}{>ly} <own kin toy> Far away {kin} had {color=colors.a}
        {toy} <color toy color> and [called|hummed|sang] {=adverbs}. They followed the sound past the {bump}, past the {lump},
        and past the {thump}. There stood {kin} with the {color} {toy}. "{=cheers}! You are safe, {hero}. You are safe,
        {friend}," {>cried} {kin}{>ly} The fog was {=colors} now, and they ate {=foods.s}.
        """,
    "a snowman": """
        Snow fell {near} in {=months}. {Hero}, {friend=children}, and {other=children} rolled {=numbers} [great|round|fat] balls
        of snow and built a snowman {=spots}. For a nose {hero} gave it {nose=foods.a}, for a crown {friend} gave it
        {bloom=flowers.a}, and {other} gave it {color=colors.a} {cloth=clothes}. <own other cloth> <color cloth color> "Let us
        call him {name=petnames}," {>said} {friend}{>ly}

        [But on|On] {=weekdays} the sun was {=airs}, and {name} began to melt. {Hero} felt {=sadness}. "{=alarms}! Only the
        {nose}, the {bloom}, and the {cloth} are left," {>cried} {hero}{>ly} "Do not cry. {name} has gone to see {=dreams},"
        {>said} {kin}{>ly} So {beast.a} ate the {nose}, {friend} kept the {bloom}, and {other} took the {color} {cloth} home.
        "Come back next year, {name}!" {>cried} {friend}{>ly}
        """,
    "a rainy day": """
        Rain fell for {=numbers} days, and no one could go out. {Hero} was {=sadness}. "Let us build a [fort|tent|ship|castle]
        of {stuff=materials} and {cover=clothes.s}," {>said} {kin}{>ly} Then came a knock. It was {friend=children}, wet from
        head to toe, with {snack=foods.s} and {bite=foods.s} in {friend.his} {=bags}. {other=children} came too, with
        {color=colors.a} {toy=toys}. <own other toy> <color toy color>

        They sat among the {stuff} and the {cover}. {friend} told a story about {tale=topics}, {other} told one about
        {saga=topics}, and {hero} told one about {yarn=topics}. They ate the {snack} and the {bite}, and then they {toy.did} the
        {color} {toy}. "{=cheers}! The rain has stopped," {>cried} {other}{>ly} But nobody wanted to leave. "Tell us more about
        {tale}," {>said} {hero}{>ly} "And about {saga}," {>said} {friend}{>ly}
        """,
    "across the lake": """
        "Shall we row across the lake?" {friend=children} asked {hero}. They packed {snack=foods.s}, {bite=foods.s}, and
        {color=colors.a} {toy=toys}. <own friend toy> <color toy color> {>day} they set out in {=qualities.a}, {=colors} boat.
        {hero} counted {=numbers} {first=animals.s} and {=numbers} {second=animals.s}. Then the sky turned black. "{=alarms}! A
        storm!" {>cried} {friend}{>ly}

        The waves threw out the {snack}. They threw out the {bite}. "Hold on to the {toy}," {>said} {hero}{>ly} {He} rowed
        {=adverbs} until they reached {place=places}. <go friend place> There a {=qualities} {trade=trades} gave them {=foods.s}
        and {cloth=clothes.a}. "Who kept you safe?" asked the {trade}. "{hero} did," {>said} {friend}{>ly} When the storm was
        over, they {toy.did} the {color} {toy} and told the {trade} about the {first} and the {second}.
        """,
    "a picnic": """
        {Hero} planned a picnic. {He} brought {snack=foods.s}, {friend=children} brought {bite=foods.s}, and {other=children}
        brought {meal=foods.s}. They spread {color=colors.a} blanket {place=places.at}. <go hero place> <go friend place>
        <go other place> "Who will start?" asked {friend}{>ly} But then came {=numbers} [ants|wasps|flies|geese|goats] and
        [sat on|ran over|walked on|marched to] the {bite}. "{=alarms}! My {bite}!" {>cried} {friend}{>ly}

        "Take some of my {snack}," {>said} {hero}{>ly} "And some of my {meal}," {>said} {other}{>ly} They moved the {color}
        blanket {=spots}. Soon {thief=animals.a} came too and asked for {=foods.a}. "You may eat the {bite}," {>said} {friend}
        {=adverbs}. So {hero}, {friend}, and {other} had {snack} and {meal}, and the {thief} was {=gladness}.
        """,
    "a treasure map": """
        Inside an old {=bags} {hero} {>found} a map. "First go {place=places.to}, then {next=places.to}, then {goal=places.to},
        and dig {spot=spots}," it said. {Hero} showed it to {friend=children}, and off they {=motions}. {Place.at} they
        met {first=animals.a}. {Next.at} they met {second=animals.a}. {Goal.at} they met {third=animals.a}. <go hero goal>
        <go friend goal>

        They dug {spot} with {tool=toys.a}, and up came {=qualities.a}, {color=colors} {=bags}. In it were {=numbers}
        {=colors} [stones|coins|beads|buttons|shells], {toy=toys.a}, <own hero toy> and a note: "The real treasure is
        {=virtues}." "{=cheers}! You keep the {toy}, {hero}," {>said} {friend}{>ly} <color toy color> They went back the way
        they came and waved to the {third}, the {second}, and the {first}.
        """,
    "an errand": """
        "Please go {place=places.to}," {>said} {kin}{>ly} "Bring me {many=numbers} {snack=foods.s}, {few=numbers} {bite=foods.s},
        and {color=colors.a} {cloth=clothes}." <color cloth color> {Hero} said it over and over: {many} {snack}, {few} {bite},
        {color.a} {cloth}. {>sights}

        <go hero place> "What would you like?" asked the {trade=trades}{>ly} "{Many} {snack}, {few} {bite}, and {color.a}
        {cloth}," {>said} {hero}{>ly} <own hero cloth> On the way back {he} gave one of the {snack} to the {first}, one of the
        {bite} to the {second}, and a smile to the {third}. "{=cheers}! You forgot nothing," {>said} {kin}{>ly}
        <give hero kin cloth> Then {kin} put on the {color} {cloth} and [laughed|sang|danced|turned around].
        """,
    "asking first": """
        "May I go {place=places.to} with {friend=children}?" {hero} asked {kin}. <want hero place> "You may, but first feed
        {pet}, pick {many=numbers} {bloom=flowers.s}, and find my {color=colors} {cloth=clothes}," {>said} {kin}{>ly}
        <own kin cloth> <lose kin cloth> <color cloth color> {Hero} fed {pet} some {=foods.s}. {He} picked {many} {bloom}. But
        where was the {cloth}? {He} looked {>look}. At last {he} {>found} it {=spots}. <find hero cloth>

        "Here are the {bloom}, and here is your {color} {cloth}," {>said} {hero}{>ly} <give hero kin cloth> "{=cheers}! Now
        you may go," {>said} {kin}{>ly} So {he} and {friend} {=motions} {place.to}, <go hero place> <go friend place> where
        they watched {first=animals.a}, {second=animals.a}, and {third=animals.a}. <see hero first second third> "The {first}
        was the best," {>said} {friend}{>ly} "No, the {third} was," {>said} {hero}{>ly}
        """,
    "hide and seek": """
        {friend=children}, {other=children}, and {hero} played hide and seek {place=places.at}. <go hero place>
        <go friend place> <go other place> {Hero} counted to {many=numbers}. {friend} hid {spot=spots}, and {other} hid
        {nook=spots}. "{Many}! I am coming!" {>cried} {hero}{>ly} {He} looked {>look}, but {>found} only {=animals.a} and
        {=clothes.a}.

        Then {he} heard a [giggle|sneeze|cough|squeak] {spot}. "I see you, {friend}!" {>cried} {hero}{>ly} Now {friend} helped,
        and {=adverbs} they looked {nook}. "I see you, {other}!" {>cried} {friend}{>ly} "{=cheers}! Your turn," {>said}
        {hero}{>ly} [{friend} counted next, and {hero} hid {spot}, just where {friend} had been
        |{other} counted next, and {hero} hid {nook}, just where {other} had been]. They played until they were {=gladness},
        and then they shared {=foods.s}.
        """,
    "a race": """
        {Place=places.at} there was a race, and the prize was {color=colors.a} {toy=toys}. <own kin toy> <color toy color>
        <go hero place> <want hero toy> {first=children} ran as fast as {swift=animals.a}, {friend=children} ran as fast as
        {fleet=animals.a}, and {hero} ran as fast as {quick=animals.a}. <go friend place> But {=spots} {friend} fell down.
        "{=alarms}! My [knee|foot|leg|arm|toe]!" {>cried} {friend}{>ly}

        {Hero} [stopped|turned back|came back] and gave {friend} {hero.his} {cloth=clothes} to [sit|lean|rest] on.
        "You will not win," {>said} {friend}{>ly} "Then we lose together," {>said} {hero}{>ly} {first} won the race. But
        {kin} gave the {color} {toy} to {hero}. <give kin hero toy> "You ran as fast as {quick.a}, and you stopped for
        {friend}," {>said} {kin}{>ly} {Hero} and {friend} {toy.did} the {toy} with {first} until {=times}.
        """,
}
