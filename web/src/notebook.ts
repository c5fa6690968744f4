/**
 * What Inside shows as programs for a notebook's cell: the same pass, by hornbook's own functions. Pure: text out.
 *
 * `hornbook.load` is what stays between versions; the functions of `hornbook.evaluation.inside` are those of
 * docs/inside.md.
 */

import type { Which } from "./api";
import type { MapKind } from "./inside";
import { literal } from "./programs";

export interface Looked {
  which: Which;
  /** What the model read: the ids on the page. */
  tokens: number[];
  source: number[] | null;
  /** Whether the model guesses each token from those before it, so that the text has a loss. */
  causal: boolean;
  kind: MapKind;
  layer: number;
  head: number;
  place: number;
  /** The row of the map that is read: the place, as far as the text that asks reaches. */
  row: number;
}

/** Where an attention of each kind is among what was observed. */
const PLACES: Record<MapKind, (layer: number) => string> = {
  attention: (layer) => `layers[${layer}].looked["attention"]`,
  encoder: (layer) => `encoder[${layer}].looked["attention"]`,
  cross: (layer) => `layers[${layer}].looked["cross"]`,
};

function pass({ which, tokens, source }: Looked, ...imports: string[]): string[] {
  const inputs = source ? ["source", "tokens"] : ["tokens"];
  return [
    "import torch",
    "",
    "import hornbook",
    ...imports,
    "from hornbook.evaluation.inside.observing import observe",
    "",
    "# a name under runs/, or the path of the run's folder",
    `opened = hornbook.load(${literal(which.model)}, checkpoint=${literal(which.checkpoint)})`,
    ...(source ? [`source = [${source.join(", ")}]`] : []),
    `tokens = [${tokens.join(", ")}]`,
    `observed = observe(opened.model, ${inputs.map((name) => `torch.tensor([${name}])`).join(", ")})`,
  ];
}

function attention(looked: Looked): string {
  const { kind, layer, head, row } = looked;
  return [
    ...pass(looked),
    `# layer ${layer}, head ${head}: a row for each token that asks, a column for each that is looked at`,
    `weights = observed.${PLACES[kind](layer)}.weights[0, ${head}]`,
    `print([round(weight, 4) for weight in weights[${row}].tolist()])`,
  ].join("\n");
}

function answer(looked: Looked): string {
  const loss = [
    "loss = torch.nn.functional.cross_entropy(logits[:-1], torch.tensor(tokens[1:]))",
    `print(f"loss of this text: {loss.item():.4f} nats a token")`,
  ];
  return [
    ...pass(looked),
    "logits = observed.logits[0].float()",
    ...(looked.causal && looked.tokens.length > 1 ? loss : []),
    `chances, likeliest = logits[${looked.place}].softmax(-1).topk(5)`,
    "for p, token in zip(chances.tolist(), likeliest.tolist()):",
    "    print(f\"{p:.4f}\", repr(opened.tokenizer.decode([token])))",
  ].join("\n");
}

function lens(looked: Looked): string {
  return [
    ...pass(looked, "from hornbook.evaluation.inside.lens import look_through"),
    "# before the first layer, and after each: what would be answered, and with which probability",
    "lens = look_through(opened.model, observed)",
    `for layer, token in enumerate(lens.top[:, ${looked.place}, 0].tolist()):`,
    `    p = lens.probabilities[layer, ${looked.place}, 0].item()`,
    "    print(layer, f\"{p:.4f}\", repr(opened.tokenizer.decode([token])))",
  ].join("\n");
}

/** A program for each panel. */
export const NOTEBOOKS = { "loss and answer": answer, attention, "logit lens": lens } as const;
export type NotebookName = keyof typeof NOTEBOOKS;
