/**
 * Which commands a few typed letters mean. Pure: a list and a text in, the commands that fit out, the best first.
 *
 * Every word that is typed has to be found in a command; a word that begins like the typed one counts more than one
 * that holds it, and that more than one whose letters stand in this order (`ckpt` finds `checkpoint`).
 */

export interface Command {
  /** As in `go to Inside`. */
  name: string;
  /** What kind of command it is, and as what it is found besides its name. */
  group: string;
  /** The keys that do the same, where there are some. */
  keys?: string | undefined;
  run: () => void;
}

const [BEGINS, HOLDS, IN_ORDER] = [3, 2, 1] as const;

const wordsOf = (text: string) => text.toLowerCase().split(/\s+/).filter(Boolean);

/** The parts of a command that can be typed: `step-000120` begins with `step` and with `000120`. */
const partsOf = ({ name, group }: Command) =>
  wordsOf(`${name} ${group}`).flatMap((word) => [word, ...word.split(/[^\p{L}\p{N}]+/u).filter((part) => part && part !== word)]);

function isInOrder(letters: string, word: string): boolean {
  let at = 0;
  for (const letter of word) if (letter === letters[at]) at += 1;
  return word[0] === letters[0] && at === letters.length;
}

function fit(typed: string, word: string): number {
  if (word.startsWith(typed)) return BEGINS;
  if (word.includes(typed)) return HOLDS;
  return isInOrder(typed, word) ? IN_ORDER : 0;
}

/** How well a command fits what was typed; 0 where a word of it is not in the command. */
export function score(command: Command, typed: string): number {
  const parts = partsOf(command);
  const fits = wordsOf(typed).map((word) => Math.max(0, ...parts.map((part) => fit(word, part))));
  return fits.every((each) => each > 0) ? fits.reduce((sum, each) => sum + each, 0) : 0;
}

/** The commands that fit, the best first, those that fit alike in the order in which they were given. */
export function matching(commands: Command[], typed: string): Command[] {
  if (wordsOf(typed).length === 0) return commands;
  return commands
    .map((command) => ({ command, score: score(command, typed) }))
    .filter((each) => each.score > 0)
    .sort((one, other) => other.score - one.score)
    .map((each) => each.command);
}
