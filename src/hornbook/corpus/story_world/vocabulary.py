"""Every word of the big world that is drawn from a table: people, animals and what they are like."""

from __future__ import annotations

from hornbook.corpus.story_world.vocabulary_of_things import THINGS
from hornbook.corpus.story_world.words import Table, adjectives, nouns, people, phrases, skills, tables

GIRLS = people(
    """Mia, Nora, Lily, Ruby, Ella, Zoe, Hazel, Ivy, Clara, Daisy, Freya, Greta, Holly, Iris, June, Kate, Lucy, Molly,
    Nell, Olive, Poppy, Rosa, Sara, Tess, Una, Vera, Wendy, Alma, Bella, Dora, Emma, Flora, Anna, Betty, Celia, Edith,
    Fiona, Gloria, Hanna, Ida, Jane, Judy, Kira, Lena, Lola, Maya, Mabel, Nina, Opal, Pam, Penny, Queenie, Rita,
    Sofia, Stella, Tina, Trudy, Viola, Willa, Yara, Zelda, Agnes, Bonnie, Cora""",
    "girl",
)
BOYS = people(
    """Tom, Ben, Sam, Max, Leo, Finn, Jack, Otto, Noah, Hugo, Felix, Oscar, Henry, Jasper, Luke, Milo, Ned, Owen, Peter,
    Robin, Simon, Theo, Victor, Walter, Adam, Bruno, Carl, Dan, Eli, Fred, George, Arthur, Abel, Basil, Caleb, David,
    Edgar, Ernest, Frank, Gabriel, Gus, Harold, Isaac, James, Jonas, Kevin, Louis, Martin, Nathan, Orson, Paul,
    Philip, Quentin, Ralph, Rupert, Sidney, Toby, Ulric, Vincent, William, Zack, Casper, Dennis, Ivan""",
    "boy",
)
KIN_WOMEN = people(
    "Mom, Grandma, Nana, Aunt Pearl, Aunt Jo, Aunt Bea, Aunt Ruth, Aunt Lou, Aunt Fay, Aunt Meg",
    "girl",
)
KIN_MEN = people(
    "Dad, Grandpa, Pop, Uncle Bob, Uncle Ray, Uncle Lou, Uncle Hal, Uncle Jim, Uncle Art, Uncle Ted",
    "boy",
)

PEOPLE: dict[str, Table] = tables(
    girls=GIRLS,
    boys=BOYS,
    children=GIRLS + BOYS,
    kin=KIN_WOMEN + KIN_MEN,
    traits=adjectives(
        """kind, brave, shy, clever, cheerful, curious, gentle, quiet, merry, patient, careful, friendly, honest,
        lively,
        polite, playful, thoughtful, silly, happy, busy, helpful, dreamy, bold, cautious, funny, eager, smart, noisy,
        calm, wise, sweet, bright, jolly, modest, proud, tidy, messy, sleepy, daring, loyal, lucky, nimble, sensible,
        serious, stubborn, sunny, tall, little, freckled, warmhearted, fearless, inventive, musical, truthful,
        hopeful, graceful, hungry, lanky"""
    ),
    trades=nouns(
        """baker, farmer, gardener, fisher, painter, tailor, teacher, doctor, singer, sailor, shepherd, weaver,
        carpenter, clockmaker, librarian, potter, miller, cobbler, beekeeper, blacksmith, mayor, gatekeeper, juggler,
        woodcutter, barber, butcher, captain, coachman, dancer, drummer, ferryman, florist, grocer, hunter, inventor,
        jeweler, knight, locksmith, magician, nurse, pilot, plumber, poet, postman, princess, tinker, toymaker,
        violinist"""
    ),
    manners=adjectives(
        """old, young, tall, short, kind, jolly, busy, gruff, bearded, cheerful, sleepy, strict, friendly, quiet, round,
        thin, clever, famous, gentle, grumpy, happy, hasty, lonely, lucky, merry, noisy, patient, polite, proud, rich,
        poor, rosy, serious, shy, smiling, singing, stout, tired, tiny, whistling, wise, yawning"""
    ),
    animals=nouns(
        """fox, rabbit, hedgehog, squirrel, owl, duck, frog, mouse: mice, badger, beaver, crow, deer: deer, turtle,
        snail, robin, mole, otter, pony, lamb, goose: geese, swan, toad, beetle, spider, cricket, moth, heron, hare,
        weasel, lizard, sparrow, butterfly, bat, bear, camel, cheetah, donkey, dove, eagle, elk, ferret, finch, gecko,
        goat, hawk, kangaroo, koala, ladybug, llama, lynx, magpie, monkey, newt, parakeet, peacock, penguin, pigeon,
        porcupine, raccoon, raven, rooster, salamander, seal, sheep: sheep, skunk, stork, tortoise, turkey, vole,
        walrus, wolf: wolves, woodpecker, wren, zebra"""
    ),
    herds=phrases(
        """foxes, rabbits, hedgehogs, squirrels, owls, ducks, frogs, mice, badgers, beavers, crows, turtles, snails,
        robins, moles, otters, ponies, lambs, geese, swans, toads, beetles, spiders, crickets, moths, herons, hares,
        lizards, sparrows, butterflies, bats, bears, camels, doves, eagles, goats, hawks, llamas, penguins, pigeons,
        ravens, sheep, zebras, wolves"""
    ),
    moods=adjectives(
        """sleepy, hungry, tiny, old, brown, lazy, grumpy, cheerful, shy, clever, plump, fluffy, noisy, quiet, busy,
        merry, curious, friendly, proud, silly, wise, brave, gentle, nervous, playful, polite, sneaky, speckled,
        striped, spotted, dusty, muddy, wet, chilly, young, little, big, huge, slim, nimble, quick, slow, patient,
        dreamy, jolly, bold, bashful, cranky, drowsy, frisky, thirsty, puzzled, surprised, wandering, singing,
        dancing, limping, sneezing, yawning, humming, giggling, whistling, handsome, shaggy"""
    ),
    pets=nouns("cat, dog, parrot, kitten, hamster, puppy, hen, canary, guinea pig, piglet, duckling, gosling"),
    petnames=phrases(
        """Biscuit, Pepper, Button, Waffles, Muffin, Socks, Whiskers, Ginger, Patches, Cookie, Mittens, Bubbles, Nutmeg,
        Pickles, Snowball, Tiger, Honey, Fluff, Shadow, Dumpling, Rusty, Noodle, Clover, Bandit, Acorn, Bramble,
        Cinnamon, Dusty, Fidget, Freckles, Gizmo, Hopper, Jelly, Kiwi, Licorice, Marble, Nibbles, Oreo, Peanut,
        Pumpkin, Raisin, Scamp, Sunny, Toffee, Twig, Velvet, Widget, Ziggy"""
    ),
    adverbs=phrases(
        """softly, kindly, quietly, slowly, gently, shyly, politely, warmly, calmly, bravely, quickly, carefully,
        loudly,
        firmly, thoughtfully, at once, at last, in a low voice, with a nod, with a smile, with a wink, after a while,
        right away, simply, seriously, wisely, hopefully, patiently, eagerly, earnestly, honestly, briskly, brightly,
        boldly, clearly, cautiously, sweetly, tenderly, frankly, cheerfully, sleepily, dreamily, solemnly, hastily,
        in a whisper, with a bow, with a shrug, from afar"""
    ),
    glooms=phrases(
        """sadly, glumly, nervously, bitterly, softly, unhappily, wearily, anxiously, helplessly, gloomily, miserably,
        mournfully, tearfully, hoarsely, in despair, in alarm, with a sigh, with a gulp, faintly, in tears"""
    ),
    gladness=phrases(
        """happy, glad, proud, cheerful, delighted, thankful, pleased, merry, joyful, excited, content, hopeful, calm,
        warm inside, light as a feather, grateful, at ease, blissful, lucky, overjoyed, relieved, rested, snug,
        strong, thrilled, very grown up, tickled pink, as free as a bird, safe, satisfied, peaceful, jolly"""
    ),
    sadness=phrases(
        """sad, upset, worried, gloomy, unhappy, lonely, ashamed, miserable, heartbroken, troubled, sorry, cross,
        nervous, downhearted, uneasy, anxious, bitter, blue, confused, embarrassed, fearful, foolish, forlorn,
        frightened, glum, guilty, helpless, hurt, jealous, low, restless, weary"""
    ),
    alarms=phrases(
        """Oh no, Oh dear, Goodness, Bother, Good heavens, Alas, Gracious, Dear me, Fiddlesticks, Oh my, Good grief,
        What a pity, How awful, Mercy, Woe is me, What now"""
    ),
    cheers=phrases(
        """Hooray, Wonderful, Hurrah, Yes, Splendid, Marvelous, Yippee, Great, Lovely, How nice, Perfect, Bravo,
        Excellent, Fantastic, Good news, What luck"""
    ),
    skills=skills(
        """swim/swam/swimming, dance/danced/dancing, whistle/whistled/whistling, sing/sang/singing,
        paint/painted/painting, skate/skated/skating, juggle/juggled/juggling, knit/knitted/knitting,
        bake/baked/baking, cook/cooked/cooking, ski/skied/skiing, draw/drew/drawing, dive/dived/diving,
        climb/climbed/climbing, row/rowed/rowing, sew/sewed/sewing, read/read/reading, write/wrote/writing,
        count/counted/counting, fish/fished/fishing, surf/surfed/surfing, weave/wove/weaving, yodel/yodeled/yodeling,
        bowl/bowled/bowling, box/boxed/boxing, carve/carved/carving, fence/fenced/fencing, garden/gardened/gardening,
        hike/hiked/hiking, hum/hummed/humming, jog/jogged/jogging, march/marched/marching, mime/mimed/miming,
        rhyme/rhymed/rhyming, rollerskate/rollerskated/rollerskating, snorkel/snorkeled/snorkeling,
        sculpt/sculpted/sculpting, tap dance/tap danced/tap dancing, type/typed/typing, wrestle/wrestled/wrestling"""
    ),
    motions=phrases(
        """ran, walked, hurried, skipped, hopped, marched, strolled, raced, wandered, tiptoed, trotted, rushed, danced,
        jogged, crept, went, ambled, bounced, climbed, dashed, galloped, hiked, limped, paraded, plodded, rambled,
        sped, stomped, traveled, tumbled, waddled, whirled"""
    ),
    speaking=phrases(
        """said, whispered, murmured, explained, declared, remarked, mumbled, announced, observed, noted, spoke up,
        put in, stated, chimed in, decided, confessed"""
    ),
    glees=phrases(
        """happily, gladly, proudly, merrily, joyfully, gleefully, excitedly, loudly, with delight, with a laugh,
        cheerily, at once, brightly, eagerly, warmly, in wonder, with a skip, for joy, grandly, heartily"""
    ),
    asking=phrases("asked, wondered, inquired, demanded, wanted to know, queried, called out, begged to know"),
    shouting=phrases(
        "cried, shouted, called, yelled, exclaimed, cheered, burst out, roared, sang out, squealed, bellowed, hollered"
    ),
    wailing=phrases(
        "cried, wailed, sobbed, sighed, gasped, groaned, moaned, whimpered, sniffed, shrieked, muttered, stammered"
    ),
)

VOCABULARY: dict[str, Table] = {**PEOPLE, **THINGS}
