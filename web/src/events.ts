/**
 * Server-sent events out of a response, one by one.
 *
 * Bytes arrive in pieces that end anywhere: in the middle of a line, of a character, of an event. So bytes are decoded
 * as a stream, and an event is read only when the empty line after it has come.
 */

export type Follow<Event> = AsyncGenerator<Event, void, undefined>;

export interface Sent {
  data: string;
  /** Where the sender was; to be told after a line that broke. */
  id: string | null;
}

/** Text in, whole events out; what is not whole yet is kept for the next call. */
export class EventReader {
  private rest = "";

  /** Every event that has become whole with `text`; comments are passed over. */
  read(text: string): Sent[] {
    const blocks = (this.rest + text).split(/\r?\n\r?\n/);
    this.rest = blocks.pop() ?? "";
    return blocks.map(sentIn).filter(({ data }) => data !== "");
  }
}

function sentIn(block: string): Sent {
  const lines = block.split(/\r?\n/);
  const named = (name: string) =>
    lines.filter((line) => line.startsWith(`${name}:`)).map((line) => line.slice(name.length + 1).replace(/^ /, ""));
  return { data: named("data").join("\n"), id: named("id").at(-1) ?? null };
}

/** The events of a response until `[DONE]`, its end, or a break. */
export async function* sent(response: Response): Follow<Sent> {
  if (!response.body) return;
  const reader = response.body.getReader();
  const events = new EventReader();
  const letters = new TextDecoder();
  try {
    for (;;) {
      const { value, done } = await reader.read();
      for (const event of events.read(done ? `${letters.decode()}\n\n` : letters.decode(value, { stream: true }))) {
        yield event;
        if (event.data === "[DONE]") return;
      }
      if (done) return;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** The same, read as JSON. */
export async function* follow<Event>(response: Response): Follow<Event> {
  for await (const { data } of sent(response)) {
    if (data !== "[DONE]") yield JSON.parse(data) as Event;
  }
}
