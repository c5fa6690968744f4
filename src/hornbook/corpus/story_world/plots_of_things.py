"""Plots about things: lost, found, given, swapped, borrowed, broken and mended."""

from __future__ import annotations

PLOTS_OF_THINGS = {
    "lost and found": """
        One {=weekdays} {hero} lost {his} {color=colors} {toy=toys}. <own hero toy> <color toy color> <lose hero toy> {He}
        [searched|hunted|looked|felt] {>look}, but {>found} only {=foods.a} and {=clothes.a}. "{=alarms}! Where is my
        {color} {toy}?" {>cried} {hero}{>ly}

        "When did you last {toy.do} it?" asked {friend=children}. "I {toy.did} it {place=places.at} with {other=children},"
        {>said} {hero}{>ly} <go hero place> <go friend place> <go other place> They {=motions} {place.to} and asked {other}.
        "I saw {thief=animals.a} [take|carry|drag|steal|move] the {toy}," {>said} {other}{>ly}
        [They followed|They chased|All three ran after] the {thief}, and there, {=spots}, lay the {color} {toy}!
        <find hero toy> The {thief} had [slept in|played with|hidden behind|danced around] it. "{=cheers}! Thank you, {friend}.
        Thank you, {other}," {>said} {hero}{>ly}
        """,
    "a swap": """
        {Hero} had {color=colors.a} {toy=toys} <own hero toy> <color toy color> and {toy.did} it every {=times}. But
        {place=places.at} {he} met {friend=children}, <go hero place> <go friend place> who had {hue=colors.a} {prize=toys}.
        <own friend prize> <color prize hue> "I wish I had {prize.a}," {>said} {hero}{>ly} "And I wish I had {toy.a},"
        {>said} {friend}{>ly} "Shall we swap?"

        So {hero} gave {friend} the {color} {toy}, <give hero friend toy> and {friend} gave {hero} the {hue} {prize}.
        <give friend hero prize> {Hero} {prize.did} the {prize} for {=numbers} hours, and {friend} {toy.did} the {toy}
        until {=weekdays}. [Then {friend} came {>way} to {hero}. "I miss my {prize}," {>said} {friend}{>ly} "And I miss my
        {toy}," {>said} {hero}{>ly} So they swapped again, and {hero} had the {color} {toy} back.
        <give hero friend prize> <give friend hero toy>|Both were {=gladness}. "This {prize} is {=qualities}," {>said}
        {hero}{>ly} "This {toy} is {=qualities} too," {>said} {friend}{>ly} So {hero} kept the {hue} {prize}.]
        """,
    "a birthday gift": """
        It was almost the birthday of {friend=children}. "What does {friend} like?" asked {kin}{>ly} "{Friend.he} likes
        anything {color=colors}," {>said} {hero}{>ly} {Hero} {=motions} {>way} to the {trade=trades}, but the {trade} sold
        only {wares=foods.s} and {rags=clothes.s}. Then {he} looked {place=places.at}. <go hero place> There, {=spots}, {he}
        {>found} {color.a} {toy=toys}. <own hero toy> <color toy color>

        On {=weekdays} {he} wrapped the {toy} in {=colors} {=materials}. <go friend place> "Happy birthday, {friend}!" {>cried}
        {hero}{>ly} <give hero friend toy> "{=cheers}! {Color.a} {toy}! I will {toy.do} it every {=times}," {>said}
        {friend}{>ly} They shared {feast=foods.s}, {snack=foods.s}, and {bite=foods.s} with {guest=children} and
        {other=children}.
        """,
    "a borrowed thing": """
        "May I borrow your {color=colors} {toy=toys}?" {hero} asked {friend=children}. <own friend toy> <color toy color>
        "Yes, you may {toy.do} it, but bring it back on {due=weekdays}," {>said} {friend}{>ly} <give friend hero toy> So
        {hero} took the {color} {toy} {place=places.to}. <go hero place> {He} {toy.did} it all {=times} with
        {other=children} and {third=children}, but then {he} left it {spot=spots}. <put hero toy spot>

        On {due} {friend} came for the {toy}. {Hero} felt {=sadness}. "{=alarms}! I left it {place.at}, {spot}," {>said}
        {hero}{>ly} {Hero} and {friend} {=motions} {>way}, <go friend place> and {spot} they {>found} the {color} {toy} with
        {=animals.a} on top. <find hero toy> {hero} gave it back and said sorry. <give hero friend toy> "I am not
        {=sadness}," {>said} {friend}{>ly} "You told me the truth about the {toy}."
        """,
    "a broken thing": """
        {kin} had {quality=qualities.a}, {color=colors} {toy=toys} <own kin toy> <color toy color> that no one could touch.
        {>day} {hero} wanted to {toy.do} it with {friend=children}. Crash! The {color} {toy} fell {spot=spots} and broke into
        {pieces=numbers} pieces. <break toy> "{=alarms}! We must hide it," {>cried} {friend}{>ly} "No, we must tell {kin},"
        {>said} {hero}{>ly}

        "{kin}, I broke your {toy}," {hero} said {=adverbs}. "I feel {=sadness} and {ill=sadness}." {kin}
        [looked at|counted|picked up] the {pieces} pieces. "It was only {toy.a}, and you were honest," {>said} {kin}{>ly}
        They mixed {=colors} glue, and by {=weekdays} the {color} {toy} was {quality} again. <mend toy> After that {hero},
        {friend}, and {kin} {toy.did} it together.
        """,
    "mended": """
        The {color=colors} {toy=toys} that {hero} loved was broken. <own hero toy> <color toy color> <break toy> "I can not
        {toy.do} it any more," {>said} {hero}{>ly} "Take it to the {trade=trades} {place=places.at}," {>said} {kin}{>ly} {Hero}
        {=motions} {>way}. {>sights}

        <go hero place> "Can you mend my {color} {toy}?" {hero} asked the {trade}. "Yes, if you bring me {pay=foods.a},
        {fee=flowers.a}, and {coin=clothes.a}," {>said} the {trade}{>ly} {Hero} ran off and came back with the {pay}, the
        {fee}, and the {coin}. The {trade} used {=materials} and {=numbers} nails, and {=adverbs} the {toy} was mended.
        <mend toy> "{=cheers}! It is as good as new," {>cried} {hero}{>ly} On the way home {he} {toy.did} the {color} {toy},
        and the {first}, the {second}, and the {third} came to see it.
        """,
    "a coin for a friend": """
        For {=numbers} weeks {hero} saved coins for {color=colors.a} {toy=toys}. <want hero toy> <color toy color> {>day}
        {he} had enough, and {he} {=motions} {place=places.to}. <go hero place> But outside sat {friend=children}, who looked
        {sad=sadness}. <go friend place> "Why are you {sad}, {friend}?" asked {hero}{>ly} "I lost the money for my
        {lost=foods.s} and {gone=foods.s}," {>said} {friend}{>ly}

        {Hero} thought of the {color} {toy}. Then {he} gave {friend} the coins, and {friend} bought the {lost} and the
        {gone}. The {trade=trades} saw it all. "You have {=qualities.a} heart," {>said} the {trade}{>ly} "Take this {toy}."
        <own hero toy> It was {color}, and {hero} could {toy.do} it all {=times}. {He} and {friend} {toy.did} it {=spots}.
        """,
    "an honest finder": """
        {Hero} {=motions} {place=places.to} <go hero place> {>way} and {>found} {color=colors.a} {toy=toys} {spot=spots}.
        <color toy color> <own hero toy> "Whose {toy} is this?" {he} asked {friend=children}. "Not mine. Mine is {hue=colors},"
        {>said} {friend}{>ly} {He} asked {other=children}. "Not mine. Mine is {tint=colors}," {>said} {other}{>ly} {He} wanted to
        {toy.do} it so much! But {he} went on and asked the {trade=trades}.

        "I saw {owner=children} weep for {toy.a}," {>said} the {trade}{>ly} {Hero} {>found} {owner} {=spots}.
        <go owner place> "Is this yours?" asked {hero}{>ly} "{=cheers}! My {color} {toy}!" {>cried} {owner}{>ly}
        <give hero owner toy> {owner} was {=gladness} and gave {hero} {gift=foods.a}, {meal=foods.a}, and {flower=flowers.a}.
        {Hero} shared the {gift} with {friend} and the {meal} with {other}.
        """,
    "trade after trade": """
        {kin} gave {hero} {item=foods.a}. <own hero item> "Trade it for something better," {>said} {kin}{>ly} {Place=places.at}
        {friend=children} gave {him} {cloth=clothes.a} for the {item}. <own friend cloth> <give hero friend item>
        <give friend hero cloth> {other=children} gave {him} {bloom=flowers.a} for the {cloth}. <own other bloom>
        <give hero other cloth> <give other hero bloom> {third=children} gave {him} {color=colors.a} {toy=toys} for the
        {bloom}. <own third toy> <color toy color> <give hero third bloom> <give third hero toy>

        "{=cheers}! I had {item.a}, and now I have {color.a} {toy}," {>cried} {hero}{>ly} Then {he} met {last=children}, who
        looked {sad=sadness}. "Are you {sad}, {last}?" {he} asked. "Yes. I have nothing to {toy.do}," {>said} {last}{>ly} So
        {hero} gave away the {color} {toy}, <give hero last toy> and {last} {toy.did} it {=adverbs}. "First {item.a}, then
        {cloth.a}, then {bloom.a}, then {toy.a}," {>said} {kin}{>ly} "And now {friend}, {other}, {third}, and {last} are your
        friends."
        """,
    "a quarrel": """
        {friend=children} and {hero} both wanted the {color=colors} {toy=toys}. <own kin toy> <color toy color> <want hero toy>
        "I want to {toy.do} it!" {>cried} {friend}{>ly} "No, I want to {toy.do} it!" {>cried} {hero}{>ly} They pulled and
        pushed until both were {=sadness} and {ill=sadness}. {friend} {=motions} {place=places.to}. {Hero} sat {=spots}.

        {kin} came with {snack=foods.s} and {bite=foods.s}. "On {even=weekdays} {friend} may {toy.do} the {toy}, and on
        {odd=weekdays} you may," {>said} {kin}{>ly} {Hero} {=motions} {>way} {place.to}. <go hero place> <go friend place> "I am
        sorry, {friend}," {>said} {hero}{>ly} "I am sorry too," {>said} {friend}{>ly} They ate the {snack} and the {bite}. From
        then on {friend} {toy.did} the {color} {toy} on {even}, and {hero} {toy.did} it on {odd}.
        """,
}
