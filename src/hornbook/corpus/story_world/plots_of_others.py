"""Plots about others: new friends, animals in need, secrets, visits and parties."""

from __future__ import annotations

PLOTS_OF_OTHERS = {
    "the new child": """
        A new child, {friend=children}, came to school {place=places.at} <go friend place> in {=fabrics.a},
        {color=colors} {cloth=clothes}. <own friend cloth> <color cloth color> {Friend.he} was {=sadness} and sat
        {=spots}. "Do you like {>food} or {>food}?" {>asked} {hero}{>ly} "I like {>food}, {=topics}, and
        {skill=skills.ing}," {>said} {friend}{>ly} "{=cheers}! We {skill} too," {>cried} {other=children} and
        {third=children}. <go hero place> They {skill.did} among {>herd} until {=weekdays}.
        """,
    "the lost animal": """
        A baby {animal=animals} sat {=spots} and wept {=glooms}. {Hero} wrapped it in {>cloth}, gave it {>food}, and
        asked {>beast}, {>herd}, and the {=manners} {=trades}. "I saw its mother {place=places.at}," {>said}
        {friend=children}{>ly} They {=motions} {>way}. <go hero place> <go friend place> There stood a big, {=moods}
        {animal}. "{=cheers}! My child!" {>cried} the big {animal}{>gladly} She gave {hero} {>meal} and {>bloom}.
        """,
    "a hungry animal": """
        {Mood=moods.a}, {=thins} {animal=animals} came to the door and asked for {>food}. {Hero} had only {>meal},
        {>cloth}, and {>bloom}, but {he} gave them all. "I will not forget you, {hero}," {>said} the {animal}{>ly} In
        {=months} {hero} dropped {=qualities.a}, {color=colors} {toy=toys} <own hero toy> <color toy color>
        <lose hero toy> {=spots}. {Friend=children} and {other=children} could not reach it. But the {animal} came
        {>way} with {>herd} and {>beast} and brought the {toy} back, <find hero toy> with {>food} inside.
        """,
    "a sick friend": """
        {friend=children} was sick and {=sadness}. {Hero} packed {>food}, {>bloom}, {>cloth}, and a book about
        {tale=topics} and {=topics}, and {=motions} {>way}. {>sights} {He} read about {tale} for {=numbers} hours. By
        {=weekdays} {friend} could {skill=skills} again with {other=children} and {third=children}. "{=cheers}! How
        {=traits} you are," {>cried} {friend}{>gladly}
        """,
    "a fallen nest": """
        A nest with {=numbers} {=colors} eggs had fallen {=spots}. "{=alarms}! Who can climb?" {>wailed}
        {hero}{>gloomily} {Friend=children} asked {>herd}, {other=children} asked {>beast}, and {third=children} asked
        the {=manners} {trade=trades} {place=places.at}. The {trade} came {>way} with a ladder, {>meal}, and {>cloth}.
        Up went the nest. In {=months} the birds were {=colors} and {=moods}, and they sang for {hero} {=spots}.
        """,
    "a letter": """
        "Dear {friend=children}," wrote {hero}, "I can {skill=skills} now. {Pet} ate {>food} and chased {>herd}. Is it
        {=airs} {place=places.at}?" <learn hero skill> <go friend place> The {=manners} {=trades} gave the letter to
        {>beast}, who gave it to {>beast}. In {=months} came the answer: "Dear {hero}, it is {=airs} here. I {skill}
        with {one=children} and {two=children}, and I wear {>cloth}. I send you {=qualities.a}, {color=colors}
        {toy=toys}." <own hero toy> <color toy color>
        """,
    "a secret": """
        "Keep a secret, {hero}," {>said} {friend=children}{>ly} "On {due=weekdays} we have a party for
        {other=children}, with {>food}, {>food}, and {=qualities.a} {toy=toys}." <own friend toy> But
        {place=places.at} {hero} told {>beast}, {>beast}, and {third=children}. Then {he} felt {sad=sadness} and
        {blue=sadness}. "I forgive you," {>said} {friend}{>ly} On {due} {one=children}, {two=children}, and {>herd}
        hid {=spots}. "{=cheers}! Surprise, {other}!" {>cried} {hero}{>gladly} <give friend other toy>
        """,
    "the play": """
        In the play about {myth=topics} and {saga=topics}, {friend=children} was {>beast}, {other=children} was
        {>beast}, {third=children} was {>beast}, and {hero}, in {>cloth}, had to say: "{Spell=spells}, {charm=spells},
        {rune=spells}!" {>day} {kin}, the {=manners} {=trades}, and {>herd} came to watch. {Hero} forgot the words and
        felt {=sadness}. "{Spell}, {charm}, {rune}," {>said} {other} from {=spots}. "{=cheers}!" {>cried}
        {kin}{>gladly}
        """,
    "the parrot": """
        The {color=colors} parrot of {friend=children} said only "{spell=spells}, {charm=spells}" and "{=spells},
        {=spells}, {=spells}." {>day} it flew away. {Hero} {>looked} {here=spots} and {there=spots}, {other=children}
        asked {>beast} and {>herd}, and {friend} held up {>food} and {>meal}. "{Spell}, {charm}!" {>cried}
        {hero}{>gladly} "{Spell}, {charm}!" said a voice {place=places.at}. <go hero place> <go friend place> There
        sat the parrot in {>cloth}. "{=cheers}!" {>cried} {friend}{>gladly}
        """,
    "a visitor": """
        Someone knocked {=numbers} times. It was {friend=children}, the {=traits} child of the {=manners} {=trades},
        with {>cloth}, {>food}, and {>beast}. "May I stay? Our {=dwellings} is full of {=moods} {=herds}," {>said}
        {friend}{>ly} "{=cheers}! You may sleep {=spots}," {>cried} {hero}{>gladly} They {skill=skills.did} with
        {other=children}, told tales of {myth=topics} and {saga=topics}, and ate {>food}. On {=weekdays} {friend} gave
        {hero} {=qualities.a}, {color=colors} {toy=toys}. <own hero toy> <color toy color>
        """,
}
