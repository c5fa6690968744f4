/** Every head of every layer as a small map; one of them is chosen, some may be switched off. */

import { mapOf, type MapShape } from "../inside";
import { MapPicture } from "./map";
import { useRoving } from "./roving";

interface MapGridProps {
  all: Uint8Array;
  shape: MapShape;
  chosen: { layer: number; head: number };
  /** The heads in another order than by layer, and what is told of each; `null`: a row for each layer. */
  ranked: { layer: number; head: number; told: string }[] | null;
  off: (layer: number, head: number) => boolean;
  choose: (layer: number, head: number) => void;
}

export function MapGrid({ all, shape, chosen, ranked, off, choose }: MapGridProps) {
  const { layers, heads, rows, columns, causal } = shape;
  const roving = useRoving(layers * heads, ranked ? 1 : heads);
  const button = (layer: number, head: number, index: number, told?: string) => (
    <button
      key={`${layer}.${head}`}
      type="button"
      data-item
      data-head={`${layer}.${head}`}
      class={off(layer, head) ? "off" : undefined}
      aria-label={`Layer ${layer}, head ${head}${told ? `, ${told}` : ""}${off(layer, head) ? ", switched off" : ""}`}
      aria-pressed={layer === chosen.layer && head === chosen.head}
      onClick={() => choose(layer, head)}
      {...roving.item(index)}
    >
      <MapPicture weights={mapOf(all, shape, layer, head)} {...{ rows, columns, causal }} />
    </button>
  );
  const named = `Attention maps, ${layers} layers of ${heads} heads`;
  if (ranked) {
    return (
      <div class="map-ranks" role="group" aria-label={named} {...roving.group}>
        {ranked.map(({ layer, head, told }, index) => (
          <div key={`${layer}.${head}`} class="ranked">
            {button(layer, head, index, told)}
            <span class="note" aria-hidden="true">
              <b>
                {layer}.{head}
              </b>{" "}
              {told}
            </span>
          </div>
        ))}
      </div>
    );
  }
  return (
    <div class="map-grid" role="group" aria-label={named} style={{ "--heads": heads }} {...roving.group}>
      {Array.from({ length: layers }, (_, layer) => [
        <span key={`layer-${layer}`} class="layer" aria-hidden="true">
          {layer}
        </span>,
        ...Array.from({ length: heads }, (_, head) => button(layer, head, layer * heads + head)),
      ])}
    </div>
  );
}
