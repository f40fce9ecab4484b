/** One table of words; what it does not have is shown as it is declared. */

const EN = {
  title: "facefx in the browser",
  open: "Open",
  save: "Save",
  compare: "Compare before and after (hold B for before)",
  picture: "Picture",
  canvas: "The edited picture",
  slider: "Before and after",
  before: "Before",
  after: "After",
  drop: "Drop a photo here",
  dropMore: "or paste one. JPEG, PNG, WebP, AVIF.",
  choose: "Choose a photo",
  camera: "Use the camera",
  private: "Nothing leaves this device: all of the work is done in this page.",
  letGo: "Let go to open",
  loading: "Loading the models…",
  seeking: "Looking for faces…",
  working: "Painting…",
  panel: "Tools",
  what: "What to do",
  chain: "Steps",
  noSteps: "Choose what to do above.",
  remove: "Remove",
  looks: "Look",
  loadLook: "Load a look…",
  saveLook: "Save the look",
  language: "Language",
  theme: "Colours",
  light: "Light",
  dark: "Dark",
  system: "System",
  whose: "Whose",
  all: "all faces",
  largest: "the largest face",
  face: "face",
  noFaces: "No face was found in this picture. Try another one.",
  found: "Faces found:",
  snap: "Take this picture",
  stop: "Stop the camera",
  perSecond: "frames a second",
  noCamera: "The camera cannot be used:",
  noStart: "facefx cannot be started here:",
  kept: "Works without a network now.",
  lastCamera: "The camera's last frames:",
  toLoad: "To load, gzipped:",
  ungzipped: "as they are,",
  runtime: "runtime",
  parser: "face parser",
  detector: "detector",
  people: "people",
  page: "page",
  about: "The models' weights are for non-commercial use.",
  unsure: "A face that is not found stays as it is: look at the result.",
};

export type Word = keyof typeof EN;

const DE: Record<Word, string> & Record<string, string> = {
  title: "facefx im Browser",
  open: "Öffnen",
  save: "Speichern",
  compare: "Vorher und nachher vergleichen (B halten für vorher)",
  picture: "Bild",
  canvas: "Das bearbeitete Bild",
  slider: "Vorher und nachher",
  before: "Vorher",
  after: "Nachher",
  drop: "Zieh ein Foto hierher",
  dropMore: "oder füge eines ein. JPEG, PNG, WebP, AVIF.",
  choose: "Foto auswählen",
  camera: "Kamera benutzen",
  private: "Nichts verlässt dieses Gerät: Alle Arbeit geschieht in dieser Seite.",
  letGo: "Loslassen zum Öffnen",
  loading: "Lade die Modelle…",
  seeking: "Suche Gesichter…",
  working: "Male…",
  panel: "Werkzeuge",
  what: "Was geschehen soll",
  chain: "Schritte",
  noSteps: "Wähle oben, was geschehen soll.",
  remove: "Entfernen",
  looks: "Look",
  loadLook: "Look laden…",
  saveLook: "Look speichern",
  language: "Sprache",
  theme: "Farben",
  light: "Hell",
  dark: "Dunkel",
  system: "System",
  whose: "Wessen",
  all: "alle Gesichter",
  largest: "das größte Gesicht",
  face: "Gesicht",
  noFaces: "In diesem Bild wurde kein Gesicht gefunden. Versuch ein anderes.",
  found: "Gefundene Gesichter:",
  snap: "Dieses Bild nehmen",
  stop: "Kamera anhalten",
  perSecond: "Bilder pro Sekunde",
  noCamera: "Die Kamera kann nicht benutzt werden:",
  noStart: "facefx kann hier nicht gestartet werden:",
  kept: "Geht jetzt auch ohne Netz.",
  lastCamera: "Die letzten Bilder der Kamera:",
  toLoad: "Zu laden, gepackt:",
  ungzipped: "ungepackt",
  runtime: "Laufzeit",
  parser: "Gesichter",
  detector: "Finder",
  people: "Personen",
  page: "Seite",
  about: "Die Gewichte der Modelle sind nur für nicht-kommerzielle Zwecke.",
  unsure: "Ein Gesicht, das nicht gefunden wird, bleibt, wie es ist: Sieh dir das Ergebnis an.",
  // names of effects, parameters and choices
  recolor_lips: "Lippen färben",
  recolor_hair: "Haare färben",
  smooth_skin: "Haut glätten",
  blur_background: "Hintergrund unscharf",
  anonymize: "Unkenntlich machen",
  color: "Farbe",
  second: "Zweite Farbe",
  strength: "Stärke",
  finish: "Oberfläche",
  ombre: "Verlauf",
  pattern: "Muster",
  full: "Ganz",
  streaks: "Strähnen",
  split: "Geteilt",
  natural: "Natürlich",
  radius: "Radius",
  falloff: "Abfall",
  method: "Verfahren",
  part: "Teil",
  outline: "Umriss",
  margin: "Rand",
  cells: "Zellen",
  matte: "Matt",
  satin: "Satin",
  gloss: "Glänzend",
  metallic: "Metallisch",
  pixelate: "Verpixelt",
  blur: "Unscharf",
  block: "Eine Farbe",
  head: "Kopf",
  eyes: "Augen",
  mouth: "Mund",
  ellipse: "Ellipse",
  box: "Rechteck",
};

const WORDS: Record<string, Record<string, string>> = { en: EN, de: DE };
export const LANGUAGES = { en: "English", de: "Deutsch" };

export let language = kept("facefx-language") ?? (navigator.language.startsWith("de") ? "de" : "en");

export const word = (key: Word): string => WORDS[language][key];

/** A declared name, such as recolor_lips: by the table, or with spaces. */
export function named(key: string): string {
  const text = (language === "en" ? "" : WORDS[language][key]) || key.replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Put all that is on the page into a language. */
export function speak(which: string): void {
  language = which in WORDS ? which : "en";
  keep("facefx-language", language);
  document.documentElement.lang = language;
  document.title = word("title");
  for (const one of document.querySelectorAll<HTMLElement>("[data-word]")) one.textContent = word(one.dataset.word as Word);
  for (const one of document.querySelectorAll<HTMLElement>("[data-title]")) {
    one.title = word(one.dataset.title as Word);
    one.setAttribute("aria-label", one.title);
  }
  for (const one of document.querySelectorAll<HTMLElement>("[data-label]")) one.setAttribute("aria-label", word(one.dataset.label as Word));
}

export function kept(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null; // a private window
  }
}

export function keep(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // a private window
  }
}
