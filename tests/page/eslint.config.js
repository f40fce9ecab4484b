import js from "@eslint/js";
import globals from "globals";

const page = "src/facefx/studio/page/**/*.js", tests = "tests/page/*.js";

export default [
  { ignores: ["**/node_modules/**"] },
  js.configs.recommended,
  {
    files: [page, tests],
    rules: { eqeqeq: "error", "no-var": "error", "prefer-const": "error", "no-shadow": "off", "no-unused-vars": "error", "no-implicit-globals": "error", "no-eval": "error" },
  },
  { files: [page], languageOptions: { globals: globals.browser } },
  { files: [tests], languageOptions: { globals: globals.node } },
];
