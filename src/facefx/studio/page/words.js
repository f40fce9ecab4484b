// One table of words; `german.js` has those of the effects. What they do not have is shown as it is declared, in English.

import { all } from "./dom.js";
import { FOUND, LOOKS, NAMES, SENTENCES } from "./german.js";

export const WORDS = {
  en: {
    history: "History", view: "View", undo: "Undo", redo: "Redo", compare: "Compare before and after (hold B for before)",
    zoomOut: "Zoom out", zoomIn: "Zoom in", zoomFit: "Fit the picture", more: "More: films, folders, camera, language", open: "Open", save: "Save",
    picture: "Picture", canvas: "The edited picture. Click on a part of a face, or choose it in the panel.", split: "Before and after", before: "Before", after: "After",
    drop: "Drop a photo here", dropMore: "or paste one. JPEG, PNG, WebP, TIFF, AVIF, HEIC.", choose: "Choose photos", camera: "Use the camera",
    private: "Your photos stay on this computer.", working: "Looking for faces…", pictures: "Open pictures", panel: "Tools", tabs: "Tools",
    edit: "Edit", looks: "Looks", masks: "Masks", measures: "Measures", where: "Where", chain: "Steps", clear: "Remove all",
    noSteps: "Click on a part of the face, then choose what to do with it.", loadLook: "Load…", saveLook: "Save look", code: "As code",
    close: "Close", letGo: "Let go to open", remove: "Remove", up: "Move up", down: "Move down", on: "On", from: "from", none: "none", chooseFile: "Choose a file…",
    whose: "Whose", all: "all faces", largest: "the largest face", face: "face", faces: "faces", noFaces: "No face was found in this picture. Effects on the whole picture and the background still work.",
    added: "added", removed: "removed", copied: "Copied", copy: "Copy", python: "Python", command: "Command line", asCode: "This chain as code",
    format: "Format", same: "as it came", quality: "Quality", download: "Download", saving: "Saving at full size…", saveTitle: "Save the picture", fullSize: "Full size",
    lost: "These pictures do not travel with a look and were left out:", tinted: "All parts, tinted", labels: "Label map", overlay: "Overlay", maskOf: "Mask of", measured: "Measurements as JSON",
    noMeasures: "Open a picture with a face to measure it.", noLooks: "Open a picture to see the looks on it.", language: "Language", theme: "Colours", light: "Light", dark: "Dark", system: "As the system", film: "Edit a film", folder: "Edit many photos",
    filmHint: "The steps at the side are run on every frame. Sound is kept.", folderHint: "The steps at the side are run on every photo. You get a ZIP with a report.", stop: "Cancel", chooseFilm: "Choose a film", chooseFolder: "Choose photos", chooseTree: "Choose a folder",
    uploading: "Uploading", frames: "frames", done: "Done", of: "of", failed: "failed", nothingToDo: "First add an effect or a look.", noPictures: "There are no pictures among these files.", live: "Camera", perSecond: "frames a second", snap: "Take this picture", noCamera: "The camera cannot be used",
    offline: "The studio does not answer. Is it still running? Start it again with: facefx studio", closePicture: "Close this picture", moreTitle: "More", nothingHere: "No effect works on this part alone.",
    shape: "Face shape", keys: "Keys", keysHint: "B held: before. C: compare. + and −: zoom. 0: fit. 1: its own pixels. Ctrl Z, Ctrl Shift Z: undo, redo. Ctrl S: save.", showMore: "More settings", open2: "opened", loading: "Loading…",
    "part:picture": "Whole picture", "part:face": "Whole face",
  },
  de: {
    history: "Verlauf", view: "Ansicht", undo: "Rückgängig", redo: "Wiederholen", compare: "Vorher und nachher vergleichen (B halten für vorher)",
    zoomOut: "Kleiner", zoomIn: "Größer", zoomFit: "Ganzes Bild", more: "Mehr: Filme, Ordner, Kamera, Sprache", open: "Öffnen", save: "Speichern",
    picture: "Bild", canvas: "Das bearbeitete Bild. Klicke auf einen Teil des Gesichts oder wähle ihn in der Leiste.", split: "Vorher und nachher", before: "Vorher", after: "Nachher",
    drop: "Zieh ein Foto hierher", dropMore: "oder füge eines ein. JPEG, PNG, WebP, TIFF, AVIF, HEIC.", choose: "Fotos auswählen", camera: "Kamera benutzen",
    private: "Deine Fotos bleiben auf diesem Rechner.", working: "Suche Gesichter…", pictures: "Offene Bilder", panel: "Werkzeuge", tabs: "Werkzeuge",
    edit: "Bearbeiten", looks: "Looks", masks: "Masken", measures: "Maße", where: "Wo", chain: "Schritte", clear: "Alle entfernen",
    noSteps: "Klicke auf einen Teil des Gesichts und wähle dann, was damit geschehen soll.", loadLook: "Laden…", saveLook: "Look speichern", code: "Als Code",
    close: "Schließen", letGo: "Loslassen zum Öffnen", remove: "Entfernen", up: "Nach oben", down: "Nach unten", on: "An", from: "von", none: "keine", chooseFile: "Datei wählen…",
    whose: "Wessen", all: "alle Gesichter", largest: "das größte Gesicht", face: "Gesicht", faces: "Gesichter", noFaces: "In diesem Bild wurde kein Gesicht gefunden. Effekte auf das ganze Bild und den Hintergrund gehen trotzdem.",
    added: "hinzugefügt", removed: "entfernt", copied: "Kopiert", copy: "Kopieren", python: "Python", command: "Befehlszeile", asCode: "Diese Kette als Code",
    format: "Format", same: "wie es kam", quality: "Qualität", download: "Herunterladen", saving: "Speichere in voller Größe…", saveTitle: "Bild speichern", fullSize: "Volle Größe",
    lost: "Diese Bilder reisen nicht mit einem Look und wurden weggelassen:", tinted: "Alle Teile, eingefärbt", labels: "Label-Karte", overlay: "Überlagerung", maskOf: "Maske:", measured: "Maße als JSON",
    noMeasures: "Öffne ein Bild mit einem Gesicht, um es zu messen.", noLooks: "Öffne ein Bild, um die Looks darauf zu sehen.", language: "Sprache", theme: "Farben", light: "Hell", dark: "Dunkel", system: "Wie das System", film: "Film bearbeiten", folder: "Viele Fotos bearbeiten",
    filmHint: "Die Schritte an der Seite laufen auf jedem Bild des Films. Der Ton bleibt.", folderHint: "Die Schritte an der Seite laufen auf jedem Foto. Du bekommst ein ZIP mit einem Bericht.", stop: "Abbrechen", chooseFilm: "Film auswählen", chooseFolder: "Fotos auswählen", chooseTree: "Ordner auswählen",
    uploading: "Lade hoch", frames: "Bilder", done: "Fertig", of: "von", failed: "misslungen", nothingToDo: "Füge zuerst einen Effekt oder einen Look hinzu.", noPictures: "Unter diesen Dateien sind keine Bilder.", live: "Kamera", perSecond: "Bilder pro Sekunde", snap: "Dieses Bild nehmen", noCamera: "Die Kamera kann nicht benutzt werden",
    offline: "Das Studio antwortet nicht. Läuft es noch? Starte es neu mit: facefx studio", closePicture: "Dieses Bild schließen", moreTitle: "Mehr", nothingHere: "Kein Effekt wirkt auf diesen Teil allein.",
    shape: "Gesichtsform", keys: "Tasten", keysHint: "B halten: vorher. C: vergleichen. + und −: Größe. 0: ganzes Bild. 1: seine Pixel. Strg Z, Strg Umschalt Z: rückgängig, wiederholen. Strg S: speichern.", showMore: "Weitere Einstellungen", open2: "geöffnet", loading: "Lade…",
    // names of parts
    "part:lips": "Lippen", "part:mouth": "Mund", "part:eyes": "Augen", "part:brows": "Brauen", "part:skin": "Haut", "part:nose": "Nase", "part:hair": "Haare", "part:ears": "Ohren", "part:neck": "Hals", "part:clothing": "Kleidung",
    "part:face": "Ganzes Gesicht", "part:background": "Hintergrund", "part:picture": "Ganzes Bild", "part:hat": "Hut", "part:eyeglasses": "Brille", "part:earring": "Ohrring", "part:necklace": "Halskette", "part:teeth": "Zähne",
  },
};

export const LANGUAGES = { en: "English", de: "Deutsch" };

export let language = stored() || (navigator.language.startsWith("de") ? "de" : "en");

function stored() {
  try { return localStorage.getItem("facefx-language"); } catch { return null; }
}

export function speak(which) {
  language = which in WORDS ? which : "en";
  try { localStorage.setItem("facefx-language", language); } catch { /* private window */ }
  document.documentElement.lang = language;
  for (const one of all("[data-word]")) one.textContent = word(one.dataset.word);
  for (const one of all("[data-title]")) { one.title = word(one.dataset.title); one.setAttribute("aria-label", one.title); }
  for (const one of all("[data-label]")) one.setAttribute("aria-label", word(one.dataset.label));
}

export const word = (key) => WORDS[language][key] ?? WORDS.en[key] ?? key;

// A number with so many digits behind the point, or the comma.
export const decimal = (value, digits) => (+value).toLocaleString(language, { minimumFractionDigits: digits, maximumFractionDigits: digits, useGrouping: false });

// A declared sentence: an effect's summary, a parameter's hint.
export const sentence = (text) => (language === "de" && (SENTENCES[text] || LOOKS[text])) || text;

// Declared names that English writes otherwise than code does.
const ENGLISH = { color: "Colour", colors: "Colours", second: "Second colour", ombre: "Ombré", ita: "ITA", ita_class: "ITA class" };

// A declared name, such as recolor_lips: by the tables, or with spaces.
export function name(key, prefix = "") {
  const german = (which) => NAMES[which] || FOUND[which] || WORDS.de[which];
  const known = language === "de" ? (prefix ? WORDS.de[prefix + key] || FOUND[prefix + key] : german(key)) : (prefix ? WORDS.en[prefix + key] : ENGLISH[key]);
  if (known) return known.charAt(0).toUpperCase() + known.slice(1);
  const text = key.replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}
