/** Studies in which people rate texts, typed. Which model wrote what never reaches the page before the report. */

import { get, part, post } from "./api";

export interface Study {
  study: string;
  mode: string;
  prompts: number;
  texts: number;
  models: number;
  raters: number;
}
export interface Item {
  place: number;
  prompt: string;
  texts: string[];
  scales?: Record<string, string[]>;
  choices?: Choice[];
}
export type Choice = "left" | "right" | "tie" | "neither";
export interface Standing {
  study: string;
  rater: string;
  answered: number;
  items: number;
  done: boolean;
  item: Item | null;
}
export interface Answer {
  scores?: Record<string, number>;
  choice?: Choice;
  comment: string;
  seconds: number;
}
export interface Report {
  report: unknown;
  tables: { title: string; headings: string[]; rows: string[][]; note: string }[];
}
export interface NewStudy {
  study: string;
  runs: string[];
  prompts: string[];
  samples: number;
  mode: string;
  max_tokens: number;
  temperature: number;
  top_p: number | null;
  seed: number;
}

const at = (study: string) => `/page/studies/${part(study)}`;
export const listStudies = (signal?: AbortSignal) => get<{ studies: Study[] }>("/page/studies", signal);
export const makeStudy = (asked: NewStudy) => post<{ study: string; texts: number }>("/page/studies", asked);
export const nextItem = (study: string, rater: string, signal?: AbortSignal) =>
  get<Standing>(`${at(study)}/next?rater=${part(rater)}`, signal);
export const answerItem = (study: string, rater: string, place: number, answer: Answer) =>
  post<Standing>(`${at(study)}/answer`, { rater, place, ...answer });
export const skipItem = (study: string, rater: string, place: number) => post<Standing>(`${at(study)}/skip`, { rater, place });
export const undoItem = (study: string, rater: string) => post<Standing>(`${at(study)}/undo`, { rater });
export const studyReport = (study: string, signal?: AbortSignal) => get<Report>(`${at(study)}/report`, signal);
