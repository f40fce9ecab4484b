// What the page asks of its server. Errors are the library's own sentences.

export class Problem extends Error {}

async function asked(path, options) {
  let answer;
  try {
    answer = await fetch(`/studio/api/${path}`, options);
  } catch {
    throw new Problem("offline");
  }
  if (answer.ok) return answer;
  let said = {};
  try { said = await answer.json(); } catch { /* no JSON: the status alone says what is wrong */ }
  throw new Problem(said.message || `${answer.status} ${answer.statusText}`);
}

const table = (value) => ({ method: "POST", body: JSON.stringify(value), headers: { "content-type": "application/json" } });
const raw = (body, method = "POST") => ({ method, body, headers: { "content-type": "application/octet-stream" } });

export const getJson = async (path) => (await asked(path)).json();
export const getBlob = async (path) => (await asked(path)).blob();
export const sendJson = async (path, value) => (await asked(path, table(value))).json();
export const putJson = async (path, value) => (await asked(path, { ...table(value), method: "PUT" })).json();
export const sendForBlob = async (path, value) => (await asked(path, table(value))).blob();
export const sendForFile = async (path, value) => named(await asked(path, table(value)));
export const getFile = async (path) => named(await asked(path));
export const sendBytes = async (path, body) => (await asked(path, raw(body))).json();
export const sendBytesForBlob = async (path, body) => (await asked(path, raw(body))).blob();
export const remove = (path) => asked(path, { method: "DELETE" }).catch(() => {});

async function named(answer) {
  const told = answer.headers.get("content-disposition") || "";
  const star = /filename\*=(?:UTF-8|utf-8)''([^;]+)/.exec(told), plain = /filename="([^"]+)"/.exec(told);
  return { blob: await answer.blob(), name: star ? decodeURIComponent(star[1]) : plain ? plain[1] : "facefx" };
}

// An upload that tells how far it is, which fetch cannot, and that a signal ends.
export function upload(path, body, progress, signal) {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    request.open("POST", `/studio/api/${path}`);
    request.setRequestHeader("content-type", "application/octet-stream");
    request.upload.onprogress = (event) => progress(event.loaded / event.total);
    request.onload = () => {
      let said = {};
      try { said = JSON.parse(request.responseText); } catch { /* as above */ }
      request.status < 400 ? done(said) : failed(new Problem(said.message || `${request.status}`));
    };
    request.onerror = () => failed(new Problem("offline"));
    request.onabort = () => failed(new Problem("stopped"));
    signal.addEventListener("abort", () => request.abort());
    request.send(body);
  });
}

export function hand_over({ blob, name }) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}
