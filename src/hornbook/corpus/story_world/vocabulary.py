"""Every word of the big world that is drawn from a table."""

from __future__ import annotations

from hornbook.corpus.story_world.words import adjectives, nouns, people, phrases, places, skills, tables, toys

GIRLS = people(
    """Mia, Nora, Lily, Ruby, Ella, Zoe, Hazel, Ivy, Clara, Daisy, Freya, Greta, Holly, Iris, June, Kate, Lucy, Molly,
    Nell, Olive, Poppy, Rosa, Sara, Tess, Una, Vera, Wendy, Alma, Bella, Dora, Emma, Flora""",
    "girl",
)
BOYS = people(
    """Tom, Ben, Sam, Max, Leo, Finn, Jack, Otto, Noah, Hugo, Felix, Oscar, Henry, Jasper, Luke, Milo, Ned, Owen, Peter,
    Robin, Simon, Theo, Victor, Walter, Adam, Bruno, Carl, Dan, Eli, Fred, George, Arthur""",
    "boy",
)
KIN_WOMEN = people("Mom: mom, Grandma: grandma, Aunt Pearl, Aunt Jo, Aunt Bea, Nana: nana", "girl")
KIN_MEN = people("Dad: dad, Grandpa: grandpa, Uncle Bob, Uncle Ray, Uncle Lou, Pop: pop", "boy")

COLORS = """red, blue, green, yellow, purple, orange, pink, white, brown, black, golden, silver, gray, striped, spotted,
    violet"""

VOCABULARY = tables(
    girls=GIRLS,
    boys=BOYS,
    children=GIRLS + BOYS,
    kin=KIN_WOMEN + KIN_MEN,
    traits=adjectives(
        """kind, brave, shy, clever, cheerful, curious, gentle, quiet, merry, patient, careful, friendly, honest, lively,
        polite, playful, thoughtful, silly, happy, busy, helpful, dreamy, bold, cautious, funny, eager, smart, noisy, calm,
        wise, sweet, bright"""
    ),
    colors=adjectives(COLORS),
    qualities=adjectives(
        """tiny, shiny, pretty, old, new, lovely, smooth, fine, special, heavy, neat, strong, splendid, plain, fancy, little,
        big, rare, dusty, handsome, wooden, painted, simple, odd"""
    ),
    adverbs=phrases(
        """softly, kindly, quietly, happily, slowly, gently, proudly, shyly, gladly, politely, warmly, cheerfully, eagerly,
        calmly, bravely, quickly, carefully, brightly, merrily, sweetly, loudly, sleepily, firmly, dreamily"""
    ),
    toys=toys(
        """kite: fly/flew, ball: throw/threw, boat: sail/sailed, drum: bang/banged, flute: play/played, bell: ring/rang,
        book: read/read, hoop: roll/rolled, top: spin/spun, wagon: pull/pulled, train: push/pushed, lantern: light/lit,
        whistle: blow/blew, cape: wear/wore, hat: wear/wore, scarf: wear/wore, crown: wear/wore, mask: wear/wore,
        marble: roll/rolled, robot: wind up/wound up, teddy: hug/hugged, pillow: hug/hugged, harp: play/played,
        fiddle: play/played, trumpet: blow/blew, bucket: fill/filled, map: study/studied, umbrella: open/opened,
        mirror: polish/polished, clock: wind up/wound up, sled: ride/rode, scooter: ride/rode, doll: dress/dressed,
        puzzle: solve/solved, acorn: toss/tossed, ring: polish/polished"""
    ),
    places=places(
        """park: in, garden: in, forest: in, river: by, hill: on, market: at, barn: in, pond: by, school: at, library: in,
        meadow: in, bridge: on, windmill: at, bakery: at, harbor: at, playground: at, orchard: in, farm: on, square: in,
        lighthouse: at, station: at, zoo: at, castle: in, beach: on, lake: by, tower: in, cave: in, valley: in, fair: at,
        stable: in, island: on, museum: in"""
    ),
    spots=phrases(
        """under the oak, behind a rock, inside a hollow log, in the tall grass, beside the well, under a bench,
        on top of the wall, behind the shed, in a bush, under the bridge, between two roots, next to the gate, in a puddle,
        inside a barrel, behind the curtain, under a leaf, near the fountain, at the foot of the stairs, in a nest,
        among the roses, on the roof, by the fence, beneath a cart, in the hay"""
    ),
    animals=nouns(
        """fox, rabbit, hedgehog, squirrel, owl, duck, frog, mouse: mice, badger, beaver, crow, deer: deer, turtle, snail,
        robin, mole, otter, pony, lamb, goose: geese, swan, toad, bee, spider, cricket, moth, heron, hare, weasel, lizard,
        sparrow, butterfly"""
    ),
    pets=nouns("cat, dog, parrot, kitten, hamster, puppy, hen, canary"),
    petnames=phrases(
        """Biscuit, Pepper, Button, Waffles, Muffin, Socks, Whiskers, Ginger, Patches, Cookie, Mittens, Bubbles, Nutmeg,
        Pickles, Snowball, Tiger, Honey, Fluff, Shadow, Dumpling, Rusty, Noodle, Clover, Bandit"""
    ),
    foods=nouns(
        """apple, pear, plum, peach, cherry, bun, cookie, muffin, tart, pie, pancake, waffle, carrot, turnip, potato: potatoes,
        onion, egg, lemon, melon, fig, cracker, sandwich, pretzel, pumpkin, radish, bean, apricot, almond, berry, cupcake,
        orange, date"""
    ),
    flavors=phrases(
        "cherry, lemon, plum, pear, apple, peach, honey, carrot, pumpkin, walnut, ginger, almond, berry, butter, oat, potato"
    ),
    dishes=phrases("pie, cake, pudding, bread, crumble, soup, stew, porridge"),
    dwellings=nouns("house, cottage, cabin, hut, farmhouse, tent, tower, boathouse"),
    nears=phrases(
        """by the sea, near the woods, on a hill, beside a stream, behind the church, at the edge of town, in a valley,
        across from the mill, close to the station, under tall pines, by a lake, over the bakery, in the village,
        next to a farm, along the canal, above the harbor"""
    ),
    weekdays=phrases("Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday"),
    months=phrases("January, February, March, April, May, June, July, August, September, October, November, December"),
    airs=adjectives(
        "sunny, cloudy, breezy, warm, cool, bright, misty, quiet, fresh, mild, gray, fine, chilly, hot, still, lovely"
    ),
    times=nouns("morning, afternoon, evening, day"),
    numbers=phrases("two, three, four, five, six, seven, eight, nine, ten, twelve, twenty, fifty"),
    roads=adjectives("dusty, winding, narrow, stony, grassy, muddy, quiet, long, sandy, steep, leafy, sunny"),
    motions=phrases(
        """ran, walked, hurried, skipped, hopped, marched, strolled, raced, wandered, tiptoed, trotted, rushed, danced, jogged,
        set off, crept"""
    ),
    gladness=phrases(
        """happy, glad, proud, cheerful, delighted, thankful, pleased, merry, joyful, excited, content, hopeful, calm,
        warm inside, light as a feather, grateful"""
    ),
    sadness=phrases(
        """sad, upset, worried, gloomy, unhappy, lonely, ashamed, miserable, heartbroken, troubled, sorry, cross, nervous,
        downhearted, uneasy, lost"""
    ),
    alarms=phrases(
        """Oh no, Oh dear, Goodness, Help, Bother, Good heavens, Alas, Gracious, Dear me, Ouch, Fiddlesticks, Stop"""
    ),
    cheers=phrases("""Hooray, Wonderful, Hurrah, Yes, Splendid, Marvelous, Yippee, Great, Lovely, How nice, Oh, Perfect"""),
    skills=skills(
        """swim/swam/swimming, dance/danced/dancing, whistle/whistled/whistling, sing/sang/singing, paint/painted/painting,
        skate/skated/skating, juggle/juggled/juggling, knit/knitted/knitting, bake/baked/baking, cook/cooked/cooking,
        ski/skied/skiing, draw/drew/drawing, dive/dived/diving, climb/climbed/climbing, row/rowed/rowing, sew/sewed/sewing,
        read/read/reading, write/wrote/writing, count/counted/counting, fish/fished/fishing, ride/rode/riding, surf/surfed/surfing,
        weave/wove/weaving, yodel/yodeled/yodeling"""
    ),
    trades=nouns(
        """baker, farmer, gardener, fisher, painter, tailor, teacher, doctor, singer, sailor, shepherd, weaver, carpenter,
        clockmaker, librarian, potter, miller, cobbler, beekeeper, blacksmith, mayor, gatekeeper, juggler, woodcutter"""
    ),
    topics=phrases(
        """dragons, pirates, whales, stars, trains, wolves, giants, queens, elves, ghosts, bears, knights, planets, mermaids,
        lions, volcanoes, rainbows, camels, wizards, tigers, comets, dinosaurs, monkeys, castles"""
    ),
    dreams=phrases(
        """a rope ladder, snow in summer, a pony, a tree house, a trip to the moon, a secret garden, a flying carpet, a baby sister,
        a long letter, a warm bed, a real adventure, a new friend, a talking fish, a wooden sword, a rainbow, a magic wand,
        a ride on a train, a quiet day, a telescope, a big family, a song of thanks, a starry night, a garden swing,
        a feather bed"""
    ),
    flowers=nouns(
        "rose, daisy, tulip, lily, poppy, pansy, violet, bluebell, sunflower, marigold, buttercup, snowdrop, iris: irises, orchid"
    ),
    clothes=nouns("coat, cap, sweater, bonnet, apron, shawl, jacket, vest, dress, hood, mitten, slipper"),
    bags=nouns("bag, basket, box, sack, backpack, pouch, chest, pocket"),
    spells=phrases(
        """tumble, pebble, hickory, snip, bramble, wiggle, mumbo, zigzag, flip, doodle, rumble, pickle, jingle, hocus, twinkle,
        bubble, razzle, thimble, clatter, poppet, sizzle, abra, fizz, lullaby, noodle, kettle, whisper, gobble, crinkle, drizzle,
        velvet, marrow"""
    ),
    quick=adjectives("fast, quiet, busy, brave, merry, light, clever, gentle, bold, nimble, wild, soft"),
    hues=phrases("sea, sky, moss, straw, plums, fire, snow, night, honey, stone, rust, cream"),
    subjects=phrases("the moon, an old king, two cats, the wind, a lost shoe, the rain, a tall ship, three bears"),
    materials=adjectives("wood, clay, paper, wool, tin, straw, glass, felt, silk, stone, wax, cardboard"),
    virtues=phrases(
        """kindness, honesty, patience, courage, friendship, sharing, trust, hard work, a good heart, a helping hand,
        a true friend, a gentle word, laughter, forgiveness, hope, generosity"""
    ),
    treasures=phrases("gold, silver, kingdoms, jewels, riches, crowns, pearls, diamonds, money, prizes, medals, castles"),
)
