import assert from "node:assert/strict";
import { test } from "node:test";
import { getFile, getJson, Problem, remove, sendBytes, sendJson } from "../../src/facefx/studio/page/api.js";

let asked;
function answers(body, options = {}) {
  globalThis.fetch = async (path, request) => { asked = { path, ...request }; return new Response(body, options); };
}

test("tables and bytes are sent as such to the studio's own paths", async () => {
  answers("{\"id\": 1}");
  assert.deepEqual(await sendJson("look", { steps: [] }), { id: 1 });
  assert.deepEqual([asked.path, asked.method, asked.body, asked.headers["content-type"]], ["/studio/api/look", "POST", "{\"steps\":[]}", "application/json"]);
  await sendBytes("files", "abc");
  assert.deepEqual([asked.path, asked.body, asked.headers["content-type"]], ["/studio/api/files", "abc", "application/octet-stream"]);
});

test("an error is the library's own sentence, or else the status", async () => {
  answers("{\"message\": \"this is no picture\"}", { status: 422 });
  await assert.rejects(getJson("catalog"), new Problem("this is no picture"));
  answers("gone", { status: 502, statusText: "Bad Gateway" });
  await assert.rejects(getJson("catalog"), new Problem("502 Bad Gateway"));
  globalThis.fetch = async () => { throw new TypeError("failed to fetch"); };
  await assert.rejects(getJson("catalog"), new Problem("offline"));
  await remove("films/1"); // what is not there any more needs no removing
});

test("a download is called as the server calls it", async () => {
  for (const [header, name] of [["attachment; filename*=UTF-8''Anna%20%C3%9C.jpg", "Anna Ü.jpg"], ["attachment; filename=\"a.zip\"", "a.zip"], ["", "facefx"]]) {
    answers("abc", { headers: { "content-disposition": header } });
    const file = await getFile("x");
    assert.deepEqual([file.name, await file.blob.text()], [name, "abc"]);
  }
});
