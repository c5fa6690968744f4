"""Plots about things: lost, found, given, swapped, borrowed, broken and mended."""

from __future__ import annotations

PLOTS_OF_THINGS = {
    "lost and found": """
        {>day} {hero} lost {=qualities.a}, {color=colors} {toy=toys}. <own hero toy> <color toy color> <lose hero toy>
        {He} {>looked} {here=spots} and {there=spots}, but {>found} only {>food} and {>cloth}. "{=alarms}! My {toy}!"
        {>wailed} {hero}{>gloomily} Then {friend=children}, {other=children}, and {third=children} [came|hurried|ran]
        {>way} to help. {Mood=moods.a} {thief=animals} had [taken|stolen|borrowed] the {color} {toy}, and there it
        lay, {=spots}! <find hero toy> "{=cheers}!" {>cried} {third}{>gladly} They gave the {thief} {>food}.
        """,
    "a swap": """
        {Hero} had {color=colors.a} {toy=toys} <own hero toy> <color toy color> and {friend=children} had
        {=qualities.a}, {hue=colors} {prize=toys}. <own friend prize> <color prize hue> They met {place=places.at},
        [among|near|beside] {>herd}. <go hero place> <go friend place> "I would rather {prize.do} {prize.a}," {>said}
        {hero}{>ly} So {hero} gave {friend} the {toy} and {>meal}, and {friend} gave {hero} the {prize}, {>bloom}, and
        {>cloth}. <give hero friend toy> <give friend hero prize> [By {=months} both were {=sadness}, so they swapped
        back again. <give hero friend prize> <give friend hero toy>|Both were {glad=gladness} and {gay=gladness}.]
        """,
    "a birthday gift": """
        It was the birthday of {friend=children}. {Hero} went {place=places.to} <go hero place> to find a gift. The
        {=manners} {=trades} sold {>cloth}, the {=manners} {=trades} sold {>food}, but {=spots} {he} {>found}
        {=qualities.a}, {color=colors} {toy=toys} <own hero toy> <color toy color> made of {=materials}. "I will
        {toy.do} it with {guest=children}, {other=children}, and {third=children}," {>said} {friend}{>ly}
        <give hero friend toy> They ate {>food}, {>food}, and {=flavors} {=dishes}.
        """,
    "a borrowed thing": """
        {friend=children} lent {hero} {=qualities.a}, {color=colors} {toy=toys}. <own friend toy> <color toy color>
        <give friend hero toy> {He} {toy.did} it {place=places.at} with {>crowd}, <go hero place> but left it
        {spot=spots}. <put hero toy spot> [It rained|The wind blew|It snowed] for {=numbers} days. "{=alarms}! Where
        is the {toy}?" {>wailed} {friend}{>gloomily} {Hero} felt {sad=sadness} and {blue=sadness}. {He} {=motions}
        {>way} and {>found} it <find hero toy> next to {>herd}. {He} gave it back with {>bloom}, {>meal}, and
        {>cloth}. <give hero friend toy>
        """,
    "a broken thing": """
        {Kin} had {=qualities.a}, {color=colors} {toy=toys}. <own kin toy> <color toy color> {>day} {hero} and
        {friend=children} {toy.did} it {=spots}. [Crash|Crack|Smash|Clink]! It broke into {=numbers} pieces.
        <break toy> "{=alarms}! Let us hide it {=spots}," {>wailed} {friend}{>gloomily} But {hero}, {sad=sadness} and
        {blue=sadness}, told {kin}. "You are {good=traits} and {fair=traits}," {>said} {kin}{>ly} With {=colors} glue,
        {=materials}, and {=numbers} [nails|pins|threads|screws] they mended it <mend toy> {=spots}, and {kin} gave
        them {>food} and {>meal}.
        """,
    "mended": """
        The {=qualities}, {color=colors} {toy=toys} was broken. <own hero toy> <color toy color> <break toy> {Hero}
        took it to the {=manners} {trade=trades} {place=places.at}. <go hero place> {>sights} "Bring me {=colors}
        {=materials}, {>bloom}, and {>meal}," {>said} the {trade}{>ly} {Hero} brought them with {friend=children} and
        {other=children}. By {=weekdays} the {toy} was [mended|whole|fixed] <mend toy> and as {=qualities} as
        {=dreams}. "{=cheers}!" {>cried} {other}{>gladly}
        """,
    "a coin for a friend": """
        {Hero} had saved {=numbers} coins for {=qualities.a}, {color=colors} {toy=toys}. <want hero toy>
        <color toy color> But {place=places.at} <go hero place> {he} met {friend=children}, <go friend place>
        {sad=sadness} and {blue=sadness}. "I lost my money for {>food}, {>food}, and {>cloth}," {>said}
        {friend}{>gloomily} So {hero} gave {friend.him} the coins. The {=manners} {=trades} saw it from {=spots} and
        gave {hero} the {toy}, <own hero toy> {>meal}, and {>bloom}.
        """,
    "an honest finder": """
        {Spot=spots} {hero} {>found} {=qualities.a}, {color=colors} {toy=toys}. <own hero toy> <color toy color> "Not
        mine. Mine is {=qualities} and {=colors}," {>said} {friend=children}{>ly} "Not mine. Mine is {=qualities} and
        {=colors}," {>said} {other=children}{>ly} Then {=traits} {owner=children} [came|ran|hurried] {>way} with
        {>herd}. "{=cheers}! My {toy}!" {>cried} {owner}{>gladly} <give hero owner toy> {Owner} gave {hero} {>food},
        {>cloth}, and {>bloom}.
        """,
    "trade after trade": """
        {Kin} gave {hero} {>meal}. {Friend=children} gave {him} {>cloth} for it. {Other=children} gave {him} {>bloom}
        for that. {Third=children} gave {him} {>food} and {>food} for that, and {place=places.at} <go hero place> the
        {=manners} {=trades} gave {him} {=qualities.a}, {color=colors} {toy=toys}. <own hero toy> <color toy color>
        But {last=children} was {=sadness}, so {hero} gave {last.him} the {toy}. <give hero last toy> "You have made
        {=numbers} friends," {>said} {kin}{>ly} {Last} {toy.did} the {toy} {=spots}.
        """,
    "a quarrel": """
        {friend=children} and {hero} [quarreled|argued|fought] over {=qualities.a}, {color=colors} {toy=toys}.
        <own kin toy> <color toy color> <want hero toy> "I will {toy.do} it!" {>wailed} {friend}{>gloomily} Both were
        {sad=sadness} and {blue=sadness}. {Kin} came {>way} with {>food}, {>food}, and {>cloth}. "{Friend} may
        {toy.do} it on {even=weekdays}, and {hero} on {odd=weekdays}," {>said} {kin}{>ly} So they made up {=spots},
        and {>crowd} {toy.did} it too.
        """,
    "an old chest": """
        In an old {=bags} {=spots}, {hero} and {friend=children} {>found} {>cloth}, {>plaything}, {>bloom}, and
        {=qualities.a}, {color=colors} {toy=toys}. <own kin toy> <color toy color> "Who {toy.did} this?" {>asked}
        {friend}{>ly} "I {toy.did} it {place=places.at} when I was {good=traits} and {fair=traits}," {>said}
        {kin}{>ly} "{other=children}, {third=children}, and I ate {>food} and {>food} there." {Kin} let {hero}
        {toy.do} the {toy}, <give kin hero toy> and {friend} wore the {=fabrics} {=clothes}.
        """,
}
