"""Every word of the big world that is drawn from a table: places, things, food, and what they are like."""

from __future__ import annotations

from hornbook.corpus.story_world.words import Table, adjectives, combine, nouns, phrases, places, tables, toys

FOODS = """apple, pear, plum, peach, cherry, bun, cookie, muffin, tart, pie, pancake, waffle, carrot, turnip,
    potato: potatoes, onion, egg, lemon, melon, fig, cracker, sandwich, pretzel, pumpkin, radish, bean, apricot,
    almond, berry, cupcake, orange, date, artichoke, avocado: avocados, banana, beet, brownie, cabbage, cashew,
    chestnut, coconut, cucumber, doughnut, dumpling, grape, hazelnut, kiwi, lime, lollipop, mango: mangoes, meatball,
    mushroom, noodle, olive, parsnip, pickle, pineapple, raisin, sausage, scone, strawberry, tomato: tomatoes,
    truffle, walnut"""
FLOWERS = """rose, daisy, tulip, lily, poppy, pansy, violet, bluebell, sunflower, marigold, buttercup, snowdrop, orchid,
    daffodil, dandelion, foxglove, geranium, hyacinth, magnolia, peony, primrose, thistle, water lily, zinnia"""
CLOTHES = """coat, cap, sweater, bonnet, apron, shawl, jacket, vest, dress, hood, mitten, slipper, belt, blouse, bow
tie,
    cardigan, cloak, glove, helmet, kilt, necktie, nightgown, poncho, raincoat, robe, sash, shirt, skirt, sock,
    sunhat, turban, veil"""

TREASURES = """gold, silver, kingdoms, jewels, riches, crowns, pearls, diamonds, money, prizes, medals, castles, rubies,
    emeralds, palaces, fame, power, glory, trophies, fine clothes, ribbons, marble halls, sweets, amber, silk, ivory,
    coins, banquets, carriages, titles, thrones, spices"""

THINGS: dict[str, Table] = tables(
    colors=adjectives(
        """red, blue, green, yellow, purple, orange, pink, white, brown, black, golden, silver, gray, violet, scarlet,
        turquoise, crimson, indigo, maroon, amber, ivory, lavender, olive, tan"""
    ),
    qualities=adjectives(
        """tiny, shiny, pretty, old, new, lovely, smooth, fine, special, heavy, neat, strong, splendid, plain, fancy,
        little, big, rare, dusty, handsome, wooden, painted, simple, odd, beautiful, bright, charming, clean, costly,
        crooked, curious, dainty, elegant, famous, flat, funny, gleaming, glossy, grand, huge, humble, lucky, magic,
        marvelous, modern, noble, perfect, precious, quaint, royal, rusty, slender, sparkling, strange, sturdy, thick,
        useful, valuable, wide, worn"""
    ),
    tastes=adjectives(
        """sweet, ripe, juicy, warm, fresh, tasty, crisp, soft, sour, salty, crunchy, sticky, plump, small, large,
        round,
        golden, spicy, creamy, toasted, sugary, tender, cold, shiny, delicious, hot, lovely, mild, bitter, crumbly,
        chewy, sliced, rosy, perfect, tiny, giant, buttery, lumpy, wild, frozen, roasted, smoked, pickled, dried,
        glazed, peppery, enormous, moldy"""
    ),
    fabrics=adjectives(
        """woolen, silken, velvet, patched, knitted, torn, warm, thick, thin, new, old, striped, spotted, checkered,
        fuzzy, furry, cozy, faded, baggy, tight, loose, long, short, heavy, lacy, quilted, tattered, leather, cotton,
        linen, ragged, frilly, ruffled, plaid, flowery, wrinkled, crumpled, dotted, padded, soggy, dusty, elegant,
        simple, handmade, satin, itchy, floppy, lopsided"""
    ),
    petals=adjectives(
        """fresh, wilted, tall, pretty, fragrant, tiny, pressed, paper, wild, white, pale, bright, lovely, giant, lone,
        perfect, drooping, frosty, dewy, red, yellow, blue, silken, golden"""
    ),
    toys=toys(
        """kite: fly/flew, ball: throw/threw, boat: sail/sailed, drum: bang/banged, flute: play/played, bell: ring/rang,
        book: read/read, hoop: roll/rolled, top: spin/spun, wagon: pull/pulled, train: push/pushed,
        lantern: light/lit, whistle: blow/blew, cape: wear/wore, hat: wear/wore, scarf: wear/wore, crown: wear/wore,
        mask: wear/wore, marble: roll/rolled, robot: steer/steered, teddy: hug/hugged, pillow: hug/hugged,
        harp: pluck/plucked, fiddle: play/played, trumpet: blow/blew, bucket: fill/filled, map: study/studied,
        umbrella: open/opened, mirror: polish/polished, clock: wind/wound, sled: ride/rode, scooter: ride/rode,
        doll: dress/dressed, puzzle: solve/solved, acorn: toss/tossed, ring: polish/polished, anchor: lift/lifted,
        arrow: shoot/shot, banner: wave/waved, bicycle: ride/rode, blanket: fold/folded, canoe: paddle/paddled,
        carriage: drive/drove, checkerboard: use/used, compass: follow/followed, easel: use/used, feather: wave/waved,
        flag: wave/waved, goblet: fill/filled, guitar: strum/strummed, hammock: swing/swung, horn: blow/blew,
        jigsaw: solve/solved, jump rope: swing/swung, kettle: fill/filled, ladle: use/used, medal: polish/polished,
        necklace: wear/wore, parasol: twirl/twirled, pipe: play/played, raft: steer/steered, rattle: shake/shook,
        tambourine: shake/shook, tricycle: ride/rode"""
    ),
    noises=toys(
        """bell: ring/rang, horn: blow/blew, drum: bang/banged, whistle: blow/blew, trumpet: blow/blew, gong: hit/hit,
        flute: play/played, fiddle: play/played"""
    ),
    places=places(
        """old, big, little, quiet, grand, new, sunny, empty, busy, lovely, lonely, dusty, misty, royal, crowded, green,
        famous, windy, gloomy, shady, secret, snowy, sleepy, cheerful, noisy, narrow, pretty, peaceful, hidden, great,
        far, white""",
        """park: in, garden: in, forest: in, river: by, hill: on, market: at, barn: in, pond: by, school: at,
        library: in, meadow: in, bridge: on, windmill: at, bakery: at, harbor: at, playground: at, orchard: in,
        farm: on, square: in, lighthouse: at, station: at, zoo: at, castle: in, beach: on, lake: by, tower: in,
        cave: in, valley: in, fair: at, stable: in, island: on, museum: in""",
    ),
    spots=combine(
        "behind, beside, near, under, next to, below",
        "the",
        """old, mossy, crooked, tall, wide, broken, dusty, round, little, big, leafy, quiet, painted, wooden, lonely,
        great, shady, gray, ancient, slanting, twisted, wet, sunny, narrow, heavy, bare, curved, rotten, dark,
        handsome, yellow, silver""",
        """oak, bench, bridge, cart, ladder, bush, willow, pine, shed, fence, table, wagon, haystack, log, statue,
        hedge,
        barrel, lamp, gate, window, sign, rock, stump, birch, porch, crate, wheel, trough, boulder, fountain, archway,
        apple tree, beehive, elm, flagpole, hammock, ivy, kennel, mailbox, pump, rosebush, scarecrow, tent, well""",
    ),
    nears=combine(
        "by, near, beside, behind, close to, across from",
        "the",
        "old, misty, quiet, green, blue, busy, windy, sleepy, silver, wild, great, little",
        """sea, lake, forest, mill, river, harbor, hills, village, church, canal, station, market, woods,
        fields, cliffs, pond""",
    ),
    dreams=combine(
        "a",
        """flying, singing, golden, talking, secret, silver, tiny, giant, magic, dancing, wooden, friendly, purple,
        sleeping, shining, paper, royal, sunken, distant, velvet, glass, hidden, snowy, crystal, wild, laughing,
        marble, striped, painted, mighty, lost, floating, blue, bouncing, burning, chocolate, copper, emerald,
        feathered, frozen, glowing, gentle, hungry, invisible, moving, orange, rolling, spinning""",
        """whale, bridge, castle, garden, pony, train, ship, moon, carpet, bird, island, river, tree house, rainbow,
        dragon, lantern, forest, mountain, fish, tower, city, star, cloud, bear, piano, door, horse, waterfall, wagon,
        comet, unicorn, lion, kingdom, tiger, butterfly, balloon, fountain, circus, staircase, snowman, airship,
        bakery, camel, dolphin, elephant, fiddle, hat, iceberg, jungle, lake, maze, owl, parade, peacock, robot,
        submarine""",
    ),
    foods=nouns(FOODS),
    goods=phrases(", ".join(noun.forms["s"] for noun in nouns(FOODS))),
    flowers=nouns(FLOWERS),
    blooms=phrases(", ".join(noun.forms["s"] for noun in nouns(FLOWERS))),
    clothes=nouns(CLOTHES),
    garments=phrases(", ".join(noun.forms["s"] for noun in nouns(CLOTHES))),
    flavors=phrases(
        """cherry, lemon, plum, pear, apple, peach, honey, carrot, pumpkin, walnut, ginger, almond, berry, butter, oat,
        potato, apricot, banana, cheese, chestnut, cinnamon, coconut, corn, date, fig, hazelnut, mushroom, nutmeg,
        onion, pecan, rhubarb, vanilla"""
    ),
    dishes=phrases(
        """pie, cake, pudding, bread, crumble, soup, stew, porridge, custard, toast, biscuits, tarts, buns, pancakes,
        dumplings, waffles"""
    ),
    dwellings=nouns(
        """house, cottage, cabin, hut, farmhouse, tent, tower, boathouse, barn, lodge, mansion, villa, cave, palace,
        inn, mill"""
    ),
    weekdays=phrases("Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday"),
    months=phrases("January, February, March, April, May, June, July, August, September, October, November, December"),
    airs=adjectives(
        """sunny, cloudy, breezy, warm, cool, bright, misty, quiet, fresh, mild, gray, fine, chilly, hot, still, lovely,
        clear, damp, frosty, golden, pleasant, silent, soft, sparkling"""
    ),
    times=nouns("morning, afternoon, evening, day"),
    numbers=phrases(
        """two, three, four, five, six, seven, eight, nine, ten, eleven, twelve, thirteen, fifteen, twenty, thirty,
        forty, fifty"""
    ),
    crowds=phrases(
        """two, three, four, five, six, seven, eight, nine, ten, eleven, twelve, thirteen, fifteen, twenty, thirty,
        forty, fifty, several, many, countless, some, plenty of, lots of, a dozen, a hundred, a few, a pair of,
        a row of, a team of, a band of, a crowd of, a group of"""
    ),
    roads=adjectives(
        """dusty, winding, narrow, stony, grassy, muddy, quiet, long, sandy, steep, leafy, sunny, bumpy, crooked, old,
        shady, wide, straight, snowy, slippery, twisting, mossy, hilly, lonely"""
    ),
    ways=phrases("path, road, lane, track, street, trail, alley, walk, slope, avenue, bank, footpath"),
    thins=phrases(
        """thin, lean, bony, pale, ragged, weak, skinny, scruffy, hungry, tired, shivering, lame, thirsty, lonely,
        tattered, feeble"""
    ),
    topics=phrases(
        """dragons, pirates, whales, stars, trains, wolves, giants, queens, elves, ghosts, bears, knights, planets,
        mermaids, lions, volcanoes, rainbows, camels, wizards, tigers, comets, dinosaurs, monkeys, castles, airships,
        bandits, crocodiles, deserts, explorers, fairies, goblins, heroes, icebergs, jungles, kangaroos, lighthouses,
        magnets, mummies, oceans, panthers, robots, rockets, sharks, snakes, spies, trolls, vikings, witches"""
    ),
    bags=nouns(
        """bag, basket, box, sack, backpack, pouch, chest, jar, bundle, case, crate, hamper, purse, satchel, suitcase,
        trunk"""
    ),
    spells=phrases(
        """tumble, pebble, hickory, snip, bramble, wiggle, mumbo, zigzag, flip, doodle, rumble, pickle, jingle, hocus,
        twinkle, bubble, razzle, thimble, clatter, poppet, sizzle, abra, fizz, lullaby, noodle, kettle, whisper,
        gobble, crinkle, drizzle, velvet, marrow, acorn, bonfire, candle, dapple, ember, feather, glimmer, huddle,
        ivory, juniper, kindle, ladle, mizzle, nettle, orchard, puddle, quiver, ripple, scribble, toggle, umber,
        vinegar, willow, yonder, zephyr, butter, crumpet, dimple, fiddle, ginger, hazel, jumble"""
    ),
    subjects=phrases(
        """the moon, an old king, two cats, the wind, a lost shoe, the rain, a tall ship, three bears, a silver spoon,
        the sea, a brave mouse, the mountains, a paper crown, the night train, a lonely star, seven swans"""
    ),
    materials=adjectives(
        """wood, clay, paper, wool, tin, straw, glass, felt, silk, stone, wax, cardboard, bark, brass, canvas, cloth,
        copper, cork, iron, lace, leather, linen, plaster, velvet"""
    ),
    virtues=phrases(
        """kindness, honesty, patience, courage, friendship, sharing, trust, hard work, a good heart, a helping hand,
        a true friend, a gentle word, laughter, forgiveness, hope, generosity, a clear conscience, a promise kept,
        a warm smile, being brave, caring, a quiet mind, cheerfulness, fairness, listening, love, loyalty, modesty,
        mercy, practice, the truth, wisdom"""
    ),
    treasures=phrases(TREASURES),
)
