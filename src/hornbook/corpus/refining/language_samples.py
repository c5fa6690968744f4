"""A few hundred words of everyday English, French and Italian, from which their runs of letters are learned.

And the words that are small and everywhere in each; a word that two languages share is in both lists.
"""

from __future__ import annotations

SAMPLES = {
    "en": """
The train from the north was late again this morning, and nobody at the station could tell us why. My sister keeps her
old letters in a wooden box under the bed, tied together with a piece of string. When the rain stopped, the children
ran out into the garden to look for snails. We should have left earlier, because the road through the hills is always
slow after dark. There is nothing wrong with the engine, but one of the wheels makes a strange noise. He asked whether
the shop would still be open on Sunday, and she said that she did not know. The committee will publish its report
before the end of the year. Some people think that the best bread is made with nothing but flour, water and salt.
Could you please send me the address of the new office? In the evening the light falls through the tall windows onto
the floor. Scientists have measured how quickly the ice is melting along the coast. You can change these settings at
any time by clicking on the button below. The first chapter explains what the author wanted to show and how the study
was done. I have never seen such a large crowd in front of the town hall. Please read the instructions carefully
before you use the machine. After a long discussion, they agreed to share the costs equally between them. Their house
stands at the edge of the wood, about a mile from the nearest village. Prices rose by three per cent last year, which
was more than most experts had expected. What would you do if you had only one day left in this city? The doctor told
him to drink more water and to walk for half an hour every day. Although the film is rather short, it says more about
friendship than many thick books. Young birds learn to sing by listening to their parents. This offer is valid until
the end of the month and cannot be combined with others. She opened the door very slowly, as if somebody might be
sleeping behind it. If the weather is fine, we will have dinner outside under the apple trees. Each student should
bring a pencil, some paper and a good question. The company was founded by two brothers who had been teachers before.
Many thanks for your kind letter, which reached me only yesterday. Most of the work is done by hand, and that is why
it takes so much time. He might have been right, though I would not have admitted it then. The museum shows paintings
from all over the world, but the rooms with the clocks are the ones that visitors love. Our teacher used to say that
mistakes are the shortest way to knowledge. Where were you when the lights went out? Add the eggs one by one and stir
until the mixture is smooth. The law does not say what happens when both sides refuse to answer. It was getting cold,
so they lit a fire and told each other stories until midnight. Workers at the harbour have been waiting for higher
wages since spring. Those who know the river well never swim near the bridge.
""",
    "fr": """
Le train du nord avait encore du retard ce matin, et personne à la gare ne savait nous dire pourquoi. Ma sœur garde
ses vieilles lettres dans une boîte en bois sous le lit, attachées avec un bout de ficelle. Quand la pluie s'est
arrêtée, les enfants ont couru dans le jardin pour chercher des escargots. Nous aurions dû partir plus tôt, car la
route des collines est toujours lente après la tombée de la nuit. Le moteur n'a rien, mais l'une des roues fait un
bruit étrange. Il a demandé si le magasin serait ouvert dimanche, et elle a répondu qu'elle n'en savait rien. La
commission publiera son rapport avant la fin de l'année. Certains pensent que le meilleur pain se fait seulement avec
de la farine, de l'eau et du sel. Pourriez-vous m'envoyer l'adresse du nouveau bureau, s'il vous plaît ? Le soir, la
lumière tombe sur le plancher à travers les hautes fenêtres. Des chercheurs ont mesuré à quelle vitesse la glace fond
le long de la côte. Vous pouvez modifier ces réglages à tout moment en cliquant sur le bouton ci-dessous. Le premier
chapitre explique ce que l'auteur voulait montrer et comment l'étude a été menée. Je n'ai jamais vu une telle foule
devant la mairie. Veuillez lire attentivement la notice avant d'utiliser la machine. Après une longue discussion, ils
se sont mis d'accord pour partager les frais. Leur maison se trouve à la lisière du bois, à deux kilomètres environ du
village le plus proche. Les prix ont augmenté de trois pour cent l'an dernier, plus que la plupart des experts ne
l'avaient prévu. Que feriez-vous s'il ne vous restait qu'un seul jour dans cette ville ? Le médecin lui a conseillé de
boire davantage et de marcher une demi-heure par jour. Bien que le film soit assez court, il en dit plus sur l'amitié
que beaucoup de gros livres. Les jeunes oiseaux apprennent à chanter en écoutant leurs parents. Cette offre est
valable jusqu'à la fin du mois et ne peut être cumulée avec d'autres. Elle ouvrit la porte très lentement, comme si
quelqu'un dormait derrière. S'il fait beau, nous dînerons dehors sous les pommiers. Chaque élève doit apporter un
crayon, du papier et une bonne question. L'entreprise a été fondée par deux frères qui étaient auparavant
instituteurs. Merci beaucoup pour votre aimable lettre, qui ne m'est parvenue qu'hier. La plus grande partie du
travail se fait à la main, c'est pourquoi il prend tant de temps. Il avait peut-être raison, même si je ne l'aurais
pas avoué alors. Le musée présente des tableaux du monde entier, mais ce sont les salles des horloges que les
visiteurs préfèrent. Notre professeur disait souvent que les erreurs sont le plus court chemin vers le savoir. Où
étiez-vous quand la lumière s'est éteinte ? Ajoutez les œufs un par un et remuez jusqu'à ce que la pâte soit lisse. La
loi ne dit pas ce qui arrive lorsque les deux parties refusent de répondre. Il commençait à faire froid, alors ils ont
allumé un feu et se sont raconté des histoires jusqu'à minuit. Ceux qui connaissent bien le fleuve ne nagent jamais
près du pont. Depuis le printemps, les ouvriers du port attendent de meilleurs salaires.
""",
    "it": """
Il treno del nord era di nuovo in ritardo stamattina, e nessuno alla stazione sapeva dirci perché. Mia sorella tiene
le sue vecchie lettere in una scatola di legno sotto il letto, legate con un pezzo di spago. Quando ha smesso di
piovere, i bambini sono corsi in giardino a cercare le lumache. Saremmo dovuti partire prima, perché la strada tra le
colline è sempre lenta dopo il tramonto. Il motore non ha niente, ma una delle ruote fa uno strano rumore. Ha chiesto
se il negozio sarebbe stato aperto domenica, e lei ha risposto che non lo sapeva. La commissione pubblicherà la sua
relazione entro la fine dell'anno. Alcuni pensano che il pane migliore si faccia soltanto con farina, acqua e sale.
Potrebbe mandarmi l'indirizzo del nuovo ufficio, per favore? La sera la luce cade sul pavimento attraverso le alte
finestre. Gli scienziati hanno misurato quanto velocemente si scioglie il ghiaccio lungo la costa. Potete cambiare
queste impostazioni in qualsiasi momento premendo il pulsante qui sotto. Il primo capitolo spiega che cosa voleva
mostrare l'autore e come è stato svolto lo studio. Non ho mai visto una folla così grande davanti al municipio.
Leggete attentamente le istruzioni prima di usare la macchina. Dopo una lunga discussione, si sono accordati per
dividere le spese in parti uguali. La loro casa si trova al margine del bosco, a circa due chilometri dal paese più
vicino. L'anno scorso i prezzi sono aumentati del tre per cento, più di quanto si aspettasse la maggior parte degli
esperti. Che cosa fareste se vi restasse un solo giorno in questa città? Il medico gli ha detto di bere più acqua e di
camminare mezz'ora al giorno. Benché il film sia piuttosto breve, dice sull'amicizia più di molti libri spessi. I
giovani uccelli imparano a cantare ascoltando i genitori. Questa offerta è valida fino alla fine del mese e non può
essere unita ad altre. Aprì la porta molto lentamente, come se qualcuno dormisse là dietro. Se fa bel tempo, ceneremo
fuori sotto i meli. Ogni studente deve portare una matita, della carta e una buona domanda. La ditta è stata fondata
da due fratelli che prima erano maestri. Grazie mille per la sua gentile lettera, che mi è arrivata soltanto ieri. La
maggior parte del lavoro viene fatta a mano, ed è per questo che ci vuole tanto tempo. Forse aveva ragione, anche se
allora non l'avrei ammesso. Il museo mostra quadri di tutto il mondo, ma le sale degli orologi sono quelle che i
visitatori amano di più. Il nostro insegnante diceva che gli errori sono la via più breve verso il sapere. Dove
eravate quando si è spenta la luce? Aggiungete le uova una alla volta e mescolate finché il composto è liscio. La
legge non dice che cosa succede quando entrambe le parti rifiutano di rispondere. Cominciava a fare freddo, così
accesero un fuoco e si raccontarono storie fino a mezzanotte. Chi conosce bene il fiume non nuota mai vicino al ponte.
Dalla primavera gli operai del porto aspettano salari più alti.
""",
}

SMALL_WORDS = {
    "en": """
a about after all also an and any are as at be because been before but by can could did do does for from had has have
he her him his how i if in into is it its just like me more most my no not now of on one only or other our out over
said she should so some such than that the their them then there these they this those to up us was we were what when
where which while who why will with would you your
""",
    "fr": """
ai au aussi autre aux avait avant avec avez bien c ce cela ces cette ceux chaque comme d dans de des deux dont du elle
elles en encore entre est et eux faire fait font il ils j jamais je l la le les leur leurs lui m ma mais me mes moi
mon même n ne nos notre nous on ont ou où par pas peut plus pour qu quand que quel quelle qui s sa sans se ses si son
sont sous sur t ta te tes toi ton tous tout toute très tu un une vos votre vous y à été être
""",
    "it": """
a ad ai al alla alle allo anche ancora avere aveva c che chi ci come con contro così cui d da dai dal dalla dalle de
dei del della delle dello dentro di dopo dove due e ed era erano essere fa fino fra gli ha hanno ho i il in io l la le
lei li lo loro lui ma mai me mentre mi mia mio molto ne nei nel nella nelle no noi non nostro o ogni per perché però
più poi prima può qualche quando quanto quella quelle quello questa queste questo qui s se sempre senza si sia solo
sono sopra sotto stata stato su sua sue sui sul sulla suo suoi tra tu tutti tutto un una uno vi voi è
""",
}
