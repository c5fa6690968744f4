/** Addresses inside the page as data and as text: `#/inside?model=quickstart-1&prompt=Once`. Pure. */

export const SCREENS = ["play", "inside", "train", "tokens", "rate", "learn", "models"] as const;
export type Screen = (typeof SCREENS)[number];

export interface Route {
  screen: Screen;
  query: Readonly<Record<string, string>>;
}

export function readHash(hash: string): Route {
  const [path = "", search = ""] = hash.replace(/^#\/?/, "").split("?");
  const screen = SCREENS.find((name) => name === path) ?? "play";
  return { screen, query: Object.fromEntries(new URLSearchParams(search)) };
}

export function writeHash({ screen, query }: Route): string {
  const search = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== "")).toString();
  return `#/${screen}${search ? `?${search}` : ""}`;
}
