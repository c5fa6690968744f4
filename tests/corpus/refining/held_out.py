"""Sentences that no model has seen, fifty of each language."""

from __future__ import annotations

HELD_OUT = {
    "en": """Nobody answered the phone.
The soup needs a little more pepper.
Why are there so many stairs in this building?
She painted the fence blue because her neighbour hates blue.
Two of the windows were broken during the storm.
I will call you as soon as I arrive.
His grandfather built the boat with his own hands.
Turn left at the second traffic light.
The meeting has been moved to Thursday afternoon.
Our cat sleeps on top of the fridge.
Farmers are worried about the dry spring.
It is easier to forget a name than a face.
They were married in a tiny church near the sea.
Have you ever eaten raw mushrooms?
The results of the experiment surprised everyone.
Her voice could be heard from the other side of the street.
Most tourists never see this part of the city.
We ran out of milk, so I drank my coffee black.
The judge asked the witness to speak more clearly.
A thick fog lay over the fields.
This word has three different meanings.
He has been learning to play the cello for six years.
Do not touch the plate, it is hot.
The library will be closed for two weeks in August.
Someone had written a phone number on the wall.
Without her glasses she could not read the menu.
The path becomes steep after the second gate.
Both teams played badly in the first half.
How long does it take to grow a pumpkin?
The mayor promised to plant a thousand trees.
I dreamt that my shoes were made of chocolate.
All passengers must show their tickets at the entrance.
You look tired; did you sleep badly?
The old radio still works perfectly.
Everything he owned fitted into one suitcase.
Their daughter wants to become an astronaut.
There were no clouds in the sky that day.
The price includes breakfast and a bottle of water.
Nothing grows in the shadow of that wall.
My brother sold his car and bought a horse.
When did you last clean the oven?
The ship disappeared behind the island.
Engineers are testing a new kind of battery.
She laughed until tears ran down her cheeks.
We have known each other since kindergarten.
The recipe calls for fresh ginger.
A stranger helped me carry the bags upstairs.
The moon was so bright that we could read by it.
Which of these two keys opens the cellar?
They never found out who had sent the flowers.""",
    "fr": """Personne n'a répondu au téléphone.
La soupe manque un peu de poivre.
Pourquoi y a-t-il tant de marches dans ce bâtiment ?
Elle a peint la clôture en bleu parce que son voisin déteste le bleu.
Deux des fenêtres ont été cassées pendant la tempête.
Je t'appellerai dès que j'arriverai.
Son grand-père a construit le bateau de ses propres mains.
Tournez à gauche au deuxième feu.
La réunion a été reportée à jeudi après-midi.
Notre chat dort sur le réfrigérateur.
Les agriculteurs s'inquiètent de la sécheresse.
Il est plus facile d'oublier un nom qu'un visage.
Ils se sont mariés dans une petite église près de la mer.
As-tu déjà mangé des champignons crus ?
Les résultats de l'expérience ont surpris tout le monde.
On entendait sa voix de l'autre côté de la rue.
La plupart des touristes ne voient jamais ce quartier.
Il n'y avait plus de lait, alors j'ai bu mon café noir.
Le juge a demandé au témoin de parler plus distinctement.
Un épais brouillard couvrait les champs.
Ce mot a trois sens différents.
Il apprend à jouer du violoncelle depuis six ans.
Ne touche pas l'assiette, elle est chaude.
La bibliothèque sera fermée deux semaines en août.
Quelqu'un avait écrit un numéro sur le mur.
Sans ses lunettes, elle ne pouvait pas lire la carte.
Le sentier devient raide après la deuxième barrière.
Les deux équipes ont mal joué en première période.
Combien de temps faut-il pour faire pousser une citrouille ?
Le maire a promis de planter mille arbres.
J'ai rêvé que mes chaussures étaient en chocolat.
Tous les passagers doivent montrer leur billet à l'entrée.
Tu as l'air fatigué, as-tu mal dormi ?
La vieille radio marche encore parfaitement.
Tout ce qu'il possédait tenait dans une valise.
Leur fille veut devenir astronaute.
Il n'y avait aucun nuage dans le ciel ce jour-là.
Le prix comprend le petit déjeuner et une bouteille d'eau.
Rien ne pousse à l'ombre de ce mur.
Mon frère a vendu sa voiture et acheté un cheval.
Quand as-tu nettoyé le four pour la dernière fois ?
Le navire disparut derrière l'île.
Des ingénieurs essaient une nouvelle sorte de batterie.
Elle a ri jusqu'à en pleurer.
Nous nous connaissons depuis la maternelle.
Pour cette recette, il faut du gingembre frais.
Un inconnu m'a aidé à monter les sacs.
La lune brillait si fort qu'on pouvait lire.
Laquelle de ces deux clés ouvre la cave ?
Ils n'ont jamais su qui avait envoyé les fleurs.""",
    "it": """Nessuno ha risposto al telefono.
Alla minestra manca un po' di pepe.
Perché ci sono tanti gradini in questo palazzo?
Ha dipinto lo steccato di blu perché il vicino odia il blu.
Due delle finestre si sono rotte durante la tempesta.
Ti chiamo appena arrivo.
Suo nonno ha costruito la barca con le proprie mani.
Girate a sinistra al secondo semaforo.
La riunione è stata spostata a giovedì pomeriggio.
Il nostro gatto dorme sopra il frigorifero.
I contadini sono preoccupati per la siccità.
È più facile dimenticare un nome che un viso.
Si sono sposati in una piccola chiesa vicino al mare.
Hai mai mangiato funghi crudi?
I risultati dell'esperimento hanno sorpreso tutti.
La sua voce si sentiva dall'altra parte della strada.
La maggior parte dei turisti non vede mai questo quartiere.
Era finito il latte, così ho bevuto il caffè nero.
Il giudice ha chiesto al testimone di parlare più chiaramente.
Una fitta nebbia copriva i campi.
Questa parola ha tre significati diversi.
Studia il violoncello da sei anni.
Non toccare il piatto, è caldo.
La biblioteca resterà chiusa due settimane in agosto.
Qualcuno aveva scritto un numero sul muro.
Senza gli occhiali non riusciva a leggere il menù.
Il sentiero diventa ripido dopo il secondo cancello.
Tutte e due le squadre hanno giocato male nel primo tempo.
Quanto ci vuole per far crescere una zucca?
Il sindaco ha promesso di piantare mille alberi.
Ho sognato che le mie scarpe erano di cioccolato.
Tutti i passeggeri devono mostrare il biglietto all'ingresso.
Hai l'aria stanca, hai dormito male?
La vecchia radio funziona ancora perfettamente.
Tutto ciò che possedeva stava in una valigia.
La loro figlia vuole diventare astronauta.
Quel giorno non c'era una nuvola in cielo.
Il prezzo comprende la colazione e una bottiglia d'acqua.
Non cresce niente all'ombra di quel muro.
Mio fratello ha venduto la macchina e comprato un cavallo.
Quando hai pulito il forno l'ultima volta?
La nave scomparve dietro l'isola.
Gli ingegneri provano un nuovo tipo di batteria.
Ha riso fino alle lacrime.
Ci conosciamo dai tempi dell'asilo.
Per questa ricetta serve dello zenzero fresco.
Uno sconosciuto mi ha aiutato a portare su le borse.
La luna era così chiara che si poteva leggere.
Quale di queste due chiavi apre la cantina?
Non hanno mai saputo chi avesse mandato i fiori.""",
}

OTHERS = [
    "Niemand hat heute Morgen ans Telefon gehen wollen, obwohl alle wussten, wie wichtig es war.",
    "Die Kinder liefen nach dem Regen in den Garten und suchten unter den Blättern nach Schnecken.",
    "Pociąg z północy znowu był spóźniony i nikt na dworcu nie wiedział dlaczego.",
    "Lasten mielestä paras leipä syntyy pelkästä vedestä, jauhoista ja suolasta.",
    "Mesterséges fények borították el a várost, mire a vonat végre megérkezett.",
    "4 8 15 16 23 42",
]
