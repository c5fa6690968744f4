/** Something went wrong: what the server said of it, and a way to try again. */

interface NoticeProps {
  error: Error;
  again?: (() => void) | undefined;
}

export function Notice({ error, again }: NoticeProps) {
  return (
    <div class="notice" role="alert">
      <p>{error.message}</p>
      {again && (
        <button type="button" onClick={again}>
          Try again
        </button>
      )}
    </div>
  );
}

/** What stands in a screen's place as long as there is no model. */
export function NoModel() {
  return (
    <section class="empty">
      <h1>No model yet</h1>
      <p>
        A model that has saved a checkpoint can be used here. <a href="#/train">Train</a> shows what is being trained;
        in a terminal, <code>hornbook quickstart</code> trains a small one in about two minutes.
      </p>
    </section>
  );
}
