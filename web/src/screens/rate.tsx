/** Rate: people judge texts without knowing who wrote them, and what comes of it. */

import { useState } from "preact/hooks";

import { NewStudyForm } from "../parts/newstudy";
import { Notice } from "../parts/notice";
import { Rating } from "../parts/rating";
import { StudyReport } from "../parts/studyreport";
import { setQuery, useRoute } from "../route";
import { useAsked, useRemembered } from "../store";
import { listStudies, type Study } from "../studies";

export function Rate() {
  const { query } = useRoute();
  const asked = useAsked("studies", listStudies);
  const studies = asked.answer?.studies ?? [];
  const study = studies.find((each) => each.study === query["study"]);
  const back = () => (setQuery({ study: "", rater: "", report: "" }), asked.again());
  return (
    <>
      <div class="head">
        <h1>Rate</h1>
        {study && (
          <button type="button" class="link" onClick={back}>
            all studies
          </button>
        )}
      </div>
      {asked.error && <Notice error={asked.error} again={asked.again} />}
      {study && query["report"] ? (
        <StudyReport study={study.study} />
      ) : study && query["rater"] ? (
        <Rating key={`${study.study}/${query["rater"]}`} study={study.study} rater={query["rater"]} />
      ) : (
        asked.answer && <Studies {...{ studies }} again={asked.again} />
      )}
    </>
  );
}

function Studies({ studies, again }: { studies: Study[]; again: () => void }) {
  const [rater, setRater] = useRemembered("rater", "");
  const [making, setMaking] = useState(false);
  const name = rater.trim();
  const valid = /^[A-Za-z0-9.-]+$/.test(name);
  return (
    <div class="stack">
      <p class="note">
        Every rater sees the same frozen texts in an order of their own, and does not see who wrote them. Answers are saved
        at once; with the same name, rating goes on where it stopped.
      </p>
      <label class="row">
        Your name
        <input
          type="text"
          value={rater}
          autocomplete="off"
          aria-describedby="rater-rule"
          onInput={(event) => setRater(event.currentTarget.value)}
        />
        <span id="rater-rule" class="note">
          {name && !valid ? "letters, digits, points and dashes only" : ""}
        </span>
      </label>
      {studies.length > 0 && (
        <div class="scroll" tabIndex={0} role="group" aria-label="Studies">
          <table>
            <thead>
              <tr>
                <th scope="col">study</th>
                <th scope="col">prompts</th>
                <th scope="col">texts</th>
                <th scope="col">models</th>
                <th scope="col">raters</th>
                <th scope="col">
                  <span class="sr">actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {studies.map((each) => (
                <tr key={each.study}>
                  <td>{each.study}</td>
                  <td>{each.prompts}</td>
                  <td>{each.texts}</td>
                  <td>{each.models}</td>
                  <td>{each.raters}</td>
                  <td>
                    <span class="row end">
                      <button
                        type="button"
                        class="main"
                        disabled={!valid}
                        aria-label={`Rate ${each.study}`}
                        onClick={() => setQuery({ study: each.study, rater: name })}
                      >
                        Rate
                      </button>
                      <button type="button" aria-label={`Report of ${each.study}`} onClick={() => setQuery({ study: each.study, report: "1" })}>
                        Report
                      </button>
                    </span>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {making ? (
        <NewStudyForm made={() => (setMaking(false), again())} />
      ) : (
        <div>
          <button type="button" onClick={() => setMaking(true)}>
            New study
          </button>
        </div>
      )}
    </div>
  );
}
