"""Plots about others: new friends, animals in need, secrets, visits and parties."""

from __future__ import annotations

PLOTS_OF_OTHERS = {
    "the new child": """
        A new child came to school in {=months}. "My name is {friend=children}," {friend.he} whispered {=adverbs}. {Friend} had
        {color=colors.a} {cloth=clothes} <own friend cloth> <color cloth color> and looked {=sadness}. At lunch {friend.he} sat
        {=spots} with no food. {Hero} saw it and {=motions} over. "You can have half of my {snack=foods} and half of my
        {bite=foods}," {>said} {hero}{>ly}

        {Friend} ate the {snack} and the {bite}. "What do you like, {friend}?" asked {hero}{>ly} "I like {skill=skills.ing}, and
        I like stories about {tale=topics}," {>said} {friend}{>ly} "{=cheers}! I like {skill.ing} too," {>said} {hero}{>ly} After
        that {other=children} and {third=children} came to {look=skills} with them. "Who is the new child?" they asked. "This is
        {friend}, who knows all about {tale}," {>said} {hero}{>ly} {Friend} took off the {color} {cloth} and felt {=gladness}.
        """,
    "the lost animal": """
        A baby {animal=animals} sat {spot=spots} and cried. "Where is my mother?" {>said} the little {animal}{>ly} {Hero} asked
        {first=animals.a}. "I saw her {place=places.at}," {>said} the {first}{>ly} So they {=motions} {place.to} and asked
        {second=animals.a}. "I saw her {next=places.at}," {>said} the {second}{>ly} So they {=motions} {next.to} and asked
        {third=animals.a}. <go hero next> <see hero first second third> "I saw her {=spots}," {>said} the {third}{>ly}

        And there stood a big {animal} with {=qualities} eyes. "{=cheers}! My little one!" {>cried} the big {animal}{>ly} "How can
        I thank you, {hero}?" "Thank the {first}, the {second}, and the {third}," {>said} {hero}{>ly} The big {animal} gave them
        all {=foods.s}, and the little {animal} [licked|kissed|hugged|nudged] {hero} and was {=gladness}.
        """,
    "a hungry animal": """
        {>day} a {thin=thins} {animal=animals} came to the door. "I have not eaten since {=weekdays}," {>said} the {animal}{>ly}
        {Hero} felt {=sadness}. {He} had only {snack=foods.a} and {bite=foods.a}, but {he} gave the {animal} the {snack}.
        "{=cheers}! I will not forget you," {>said} the {animal}{>ly}

        In {=months} {hero} dropped {his} {color=colors} {toy=toys} {place=places.at}, <own hero toy> <color toy color>
        <lose hero toy> {spot=spots}. {He} could not reach it. "{=alarms}! Now I can not {toy.do} it," {>cried}
        {hero}{>ly} Then someone [coughed|laughed|called]. It was the {thin} {animal}, who was not {thin} now. The {animal}
        reached {spot} and brought up the {color} {toy}. <go hero place> <find hero toy> "You gave me {snack.a}, so I give you
        {toy.a}," {>said} the {animal}{>ly} And they shared the {bite}.
        """,
    "a sick friend": """
        No one had seen {friend=children} since {=weekdays}. "{Friend} is sick," {>said} {kin}{>ly} So {hero} packed {his}
        {color=colors} {bag=bags} with {snack=foods.s}, {bloom=flowers.a}, and a book about {tale=topics}, and {=motions} {>way} to
        {friend}. {>sights}

        {Friend} was in bed and looked {=sadness}. "I brought you {snack}, {bloom.a}, and a book about {tale}," {>said}
        {hero}{>ly} {He} read about {tale} for {=numbers} hours and told {friend} about the {first}, the {second}, and the
        {third}. By {=weekdays} {friend} was well. "{=cheers}! Now I can {skill=skills} again," {>cried} {friend}{>ly} In {=months}
        it was {hero} who was sick. Who came {=adverbs} with {snack} and {bloom.a}? It was {friend}.
        """,
    "a fallen nest": """
        Under a tree {place=places.at} {hero} {>found} a nest with {many=numbers} {hue=colors} eggs. <go hero place> "{=alarms}!
        It fell down," {>cried} {hero}{>ly} The mother bird [flew|hopped|ran] around it {=adverbs}. {Hero} could not climb so
        high, so {he} asked {friend=children}. "I am too [small|short|little]," {>said} {friend}{>ly} "Ask the {trade=trades}."
        <go friend place>

        The {trade} had a ladder but was {=sadness}. "I lost my {color=colors} {cloth=clothes}," {>said} the {trade}{>ly}
        <color cloth color> {Hero} looked {>look}, and {friend} looked {=spots}. There was the {color} {cloth}! "{=cheers}! Now I
        can help you," {>said} the {trade}{>ly} Up went the ladder, and up went the nest with the {many} {hue} eggs. In {=months}
        {many} little birds sang to {hero} and {friend}, and one sat on the {color} {cloth} of the {trade}.
        """,
    "a letter": """
        {friend=children} had moved far away, and {hero} missed {friend.him}. So {he} wrote a letter: "Dear {friend}, I can
        {skill=skills} now. {pet} [had|ate|found|chased] {thing=foods.a}. I still have your {color=colors} {toy=toys}. Do you like
        it {place=places.at}? Love, {hero}." <own hero toy> <color toy color> <go friend place> {He} {=motions} {>way} and gave
        it to the {trade=trades}, who gave it to {first=animals.a}, who gave it to {second=animals.a}.

        After {=numbers} {=times.s} an answer came: "Dear {hero}, it is {=airs} {place.at}. I am glad that you can {skill} and that
        {pet} [is well|is happy|is fine]. Please {toy.do} the {color} {toy} for me. I met {new=children} and {third=children}, and
        we eat {=foods.s}. Love, {friend}." {Hero} read it {=numbers} times and felt {=gladness}. {He} {toy.did} the {toy} at once.
        """,
    "a secret": """
        "Can you keep a secret?" {friend=children} asked {hero}. "On {due=weekdays} we will have a party for {other=children}, with
        {snack=foods.s} and {color=colors.a} {toy=toys}." <own friend toy> <color toy color> "{=cheers}! I will not tell," {>said}
        {hero}{>ly} But {place=places.at} {he} met {other}. "Do you like {snack}?" asked {hero}{>ly} "Why do you ask about {snack}?"
        {>said} {other}{>ly} {Hero} felt {=sadness}.

        {Hero} {=motions} {>way} to {friend}. "I nearly told {other} about the {snack}," {>said} {hero}{>ly} "You did not mean to,"
        {>said} {friend}{>ly} On {due} they all hid {=spots}. {guest=children} and {third=children} came too. "Surprise, {other}!" they
        {>cried}{>ly} {friend} gave {other} the {color} {toy}. <give friend other toy> "I thought it was only {snack}!" {>said}
        {other}{>ly} Everybody was {=gladness}.
        """,
    "the play": """
        The children put on a play about {tale=topics}. {Hero} was {role=animals.a}, {friend=children} was {part=animals.a}, and
        {other=children} was {third=animals.a}. {Hero} wore {color=colors.a} {cloth=clothes}, <own hero cloth> <color cloth color>
        and had to say: "{spell=spells}, {charm=spells}, {rune=spells}!" {He} said it {=spots}, and {he} said it
        {place=places.at}.

        {>day} {kin} and {=numbers} neighbors came to watch. The {part} sang {=adverbs}. The {third} danced {=adverbs}. But the
        {role} stood still in the {color} {cloth}. {Hero} had forgotten the words! {He} felt {=sadness}. Then {friend} whispered
        from behind the curtain: "{Spell}, {charm}, {rune}." "{Spell}, {charm}, {rune}!" {>cried} {hero}{>ly} "{=cheers}!" {>cried}
        {kin}{>ly} "What a fine {role}, and what a good {part}."
        """,
    "the parrot": """
        {friend=children} had a parrot called {bird=petnames} that said every word it heard. "Say {spell=spells} {charm=spells}!" said
        {friend}. "{Spell} {charm}!" said {bird}. {>day} {hero} and {friend} took {bird} {place=places.to}, <go hero place>
        <go friend place> but the {=airs} wind [carried|blew|took] it away. "{=alarms}! {Bird} is gone!" {>cried} {friend}{>ly}

        They looked {>look}. "Did you see a {color=colors} bird?" {hero} asked {other=children}. "No, but I heard someone say
        {spell} {charm}," {>said} {other}{>ly} "That is {bird}!" {>cried} {hero}{>ly} {Hero} called: "{Spell}!" And {=spots} a voice
        answered: "{Charm}!" There sat {bird}, {color} and {=gladness}, next to {first=animals.a}. "{=cheers}!" said {friend}.
        "{=cheers}!" said {bird}. And then {bird} said: "{Hero}! {Hero}! {Other}!"
        """,
}
