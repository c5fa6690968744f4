/** The way from screen to screen: a rail at the left, a bar at the bottom of a telephone. */

import { linkTo, SCREENS, type Screen } from "../route";
import { Icon } from "./icons";

const NAMES: Record<Screen, string> = {
  play: "Play",
  inside: "Inside",
  train: "Train",
  tokens: "Tokens",
  rate: "Rate",
  learn: "Learn",
  models: "Models",
};

export function Rail({ screen }: { screen: Screen }) {
  return (
    <nav class="rail" aria-label="Screens">
      <a class="brand" href={linkTo("learn")} aria-label="Hornbook, learn">
        <img src="/favicon.svg" alt="" width="30" height="30" />
      </a>
      {SCREENS.map((name) => (
        <a key={name} href={linkTo(name)} aria-current={name === screen ? "page" : undefined}>
          <Icon name={name} />
          {NAMES[name]}
        </a>
      ))}
    </nav>
  );
}
