/** Every head of every layer as a small map; one of them is chosen, some may be switched off. */

import { mapOf, type MapShape } from "../inside";
import { MapPicture } from "./map";
import { useRoving } from "./roving";

interface MapGridProps {
  all: Uint8Array;
  shape: MapShape;
  chosen: { layer: number; head: number };
  off: (layer: number, head: number) => boolean;
  choose: (layer: number, head: number) => void;
}

export function MapGrid({ all, shape, chosen, off, choose }: MapGridProps) {
  const { layers, heads, rows, columns, causal } = shape;
  const roving = useRoving(layers * heads, heads);
  return (
    <div
      class="map-grid"
      role="group"
      aria-label={`Attention maps, ${layers} layers of ${heads} heads`}
      style={{ "--heads": heads }}
      {...roving.group}
    >
      {Array.from({ length: layers }, (_, layer) => [
        <span key={`layer-${layer}`} class="layer" aria-hidden="true">
          {layer}
        </span>,
        ...Array.from({ length: heads }, (_, head) => (
          <button
            key={`${layer}.${head}`}
            type="button"
            data-item
            class={off(layer, head) ? "off" : undefined}
            aria-label={`Layer ${layer}, head ${head}${off(layer, head) ? ", switched off" : ""}`}
            aria-pressed={layer === chosen.layer && head === chosen.head}
            onClick={() => choose(layer, head)}
            {...roving.item(layer * heads + head)}
          >
            <MapPicture weights={mapOf(all, shape, layer, head)} {...{ rows, columns, causal }} />
          </button>
        )),
      ])}
    </div>
  );
}
