"""Plots under the open sky: weather and what comes of it, journeys, errands and games."""

from __future__ import annotations

PLOTS_OUTDOORS = {
    "a hat in the wind": """
        The wind took the {=fabrics}, {color=colors} {cloth=clothes} of {hero} <own hero cloth> <color cloth color>
        <lose hero cloth> and carried it over {>herd} and {=numbers} [roofs|hills|trees|walls|fields]. "{=alarms}! My
        {cloth}!" {>wailed} {hero}{>gloomily} {He} ran after it with {friend=children} and {other=children}.
        {Spot=spots} sat {=moods.a} {thief=animals} in the {cloth}. "You may have it for {>food}, {>meal}, and
        {>bloom}," {>said} the {thief}{>ly} <find hero cloth> {Friend} had them all in {=fabrics.a} {=bags}.
        """,
    "lost in the fog": """
        {Hue=colors} fog came down when {hero} and {friend=children} were {place=places.at}. <go hero place>
        <go friend place> They bumped into {>beast}, {>beast}, and {>herd}. "{=alarms}! Are we near the {=dwellings}
        or the {=trades}?" {>wailed} {friend}{>gloomily} Then they heard {=qualities.a} {toy=noises}. <own kin toy> It
        was {kin}, {=spots}, with {>food}, {>food}, and {>cloth} for each. "{=cheers}! Follow the {toy}," {>said}
        {kin}{>ly}
        """,
    "a snowman": """
        Snow fell in [November|December|January|February]. {Hero}, {friend=children}, {other=children}, and
        {third=children} built a snowman {=spots}. It had {>meal} for a nose, {>food} for eyes, {color=colors.a}
        {cloth=clothes}, <own kin cloth> <color cloth color> and {>bloom}, with {>herd} around it. They called it
        {name=petnames}. On {=weekdays} the sun was {=airs}, and only the {cloth} was left. {Hero} felt {=sadness} and
        {=sadness}. "{Name} has gone to see {dream=dreams} and {vision=dreams}," {>said} {kin}{>ly}
        """,
    "a rainy day": """
        It rained for {=numbers} days. In a fort of {=qualities} {=materials}, {=fabrics} {=garments}, and {=fabrics}
        {=garments}, {hero} told {friend=children}, {other=children}, and {third=children} about {=topics}, {=topics},
        and {tale=topics}. "Tell us more about {tale}," {>said} {third}{>ly} {Kin} brought {>food}, {>food}, and
        {=qualities.a} {toy=toys}, <own kin toy> and {other} {toy.did} it {=spots}. When the
        [pale|bright|warm|golden|shy|summer|merry|round] sun came out, nobody wanted to leave.
        """,
    "across the lake": """
        In {=qualities.a}, {=colors} boat {hero} and {friend=children} set out with {>food}, {>food}, and
        {>plaything}. A storm came, {=colors} and [wild|fierce|loud]. "{=alarms}! Hold on to the {=bags}," {>wailed}
        {friend}{>gloomily} {Hero} rowed past {>herd}, past {>beast}, and all the way {place=places.to}.
        <go hero place> <go friend place> The {=manners} {=trades} gave them {>cloth}, {>cloth}, and {=flavors}
        {=dishes}. "You were {good=traits} and {fair=traits}," {>said} {friend}{>ly}
        """,
    "a picnic": """
        A picnic! {Hero} brought {>food}, {friend=children} brought {>food}, and {other=children} brought
        {lunch=foods.a}. They sat {place=places.at}, {=spots}. <go hero place> <go friend place> <go other place> But
        {=numbers} {=moods} {ants=herds} ate the {lunch}. "{=alarms}! My {lunch}!" {>wailed} {other}{>gloomily} "Have
        some of mine," {>said} {hero}{>ly} Soon {>crowd} came too with {>cloth}, {>plaything}, and {>food}, and the
        {ants} were {=gladness}.
        """,
    "a treasure map": """
        "Go past the {=manners} {=trades}, past {>herd}, and dig {spot=spots}," said the map that {hero} {>found} in
        an old {=bags}. {He} and {friend=children} {=motions} {>way} {place=places.to}. <go hero place>
        <go friend place> {Spot} they dug up {>cloth}, {=numbers} {=colors} [coins|stones|beads|buttons|shells], and
        {=qualities.a}, {color=colors} {toy=toys}. <own hero toy> <color toy color> "{=cheers}! {Toy.a} for you,
        {hero}," {>cried} {friend}{>gladly} They ran home to show {other=children} and {third=children}.
        """,
    "an errand": """
        "Please bring me {=numbers} {snack=goods}, {=numbers} {bite=goods}, and {color=colors.a} {cloth=clothes},"
        {>said} {kin}{>ly} <color cloth color> {Hero} {=motions} {>way} {place=places.to}. {>sights} <go hero place>
        "{Snack}, {bite}, and {color.a} {cloth}, please," {he} said to the {=manners} {=trades}. <own hero cloth> On
        the way back {he} shared {>food} with {friend=children}, {other=children}, and {third=children}. "{=cheers}!"
        {>cried} {kin}{>gladly} <give hero kin cloth>
        """,
    "asking first": """
        "May I go {place=places.to} with {friend=children} and {other=children}?" asked {hero}. <want hero place>
        "First feed the {=moods} {=herds}, pick {>bloom}, and find my {=fabrics} {cloth=clothes}," {>said} {kin}{>ly}
        <own kin cloth> <lose kin cloth> {He} gave them {>food}. {He} {>looked} {here=spots} and {there=spots} and
        {>found} the {cloth} <find hero cloth> under {>plaything}. <give hero kin cloth> "{=cheers}! Now go," {>said}
        {kin}{>ly} {Friend} was waiting with {>herd} and {>meal}. <go hero place> <go friend place>
        """,
    "hide and seek": """
        Hide and seek {place=places.at}! {Hero} counted to {=numbers}. <go hero place> {Friend=children} hid
        {spot=spots}, {other=children} hid {nook=spots}, and {third=children} hid {=spots}. {Hero} {>looked}
        [behind|under|near] {>herd}, {>cloth}, and {>beast}. [Achoo|Ouch|Tick|Psst]! "I see you, {friend}, {spot}!"
        {>cried} {hero}{>gladly} "And I see you, {other}, {nook}!" {Third} won {>food}, {>cloth}, and {>bloom}.
        """,
    "a race": """
        The race went {place=places.to} and back. <go hero place> {Friend=children} ran like {>beast},
        {other=children} like {>beast}, {third=children} like {>beast}, and {hero} like {>beast}. {Spot=spots}
        {friend} fell. "{=alarms}! My [knee|foot|leg|arm|toe]!" {>wailed} {friend}{>gloomily} {Hero} stopped and gave
        {friend.him} {>cloth}, {>meal}, and a hand. {Other} won {=qualities.a}, {color=colors} {toy=toys}.
        <own other toy> <color toy color> "But {hero} is {good=traits} and {fair=traits}," {>said} {other}{>ly}
        {Other.he} gave {hero} the {toy}. <give other hero toy>
        """,
    "a parade": """
        A parade came {>way}. First came {>herd}, then {>beast} in {>cloth}, then the {=manners} {=trades} with
        {>plaything}, and last {friend=children}, {other=children}, and {third=children} on {>beast}. "May I come
        too?" {hero} called. "Yes, if you can {skill=skills}," {>said} {friend}{>ly} {Hero} {skill.did} {=spots}, and
        {he} [waved|threw|carried] {>food} and {>bloom} all the way {place=places.to}. <go hero place>
        <go friend place>
        """,
}
