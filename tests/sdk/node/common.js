// What the suites share. `scripts/sdk-test.sh` starts the server and sets the variables.

export const URL = process.env.SDK_URL;
export const KEY = process.env.SDK_KEY;
export const CAPPED_KEY = process.env.SDK_CAPPED_KEY;

/** A model of each adapter; the last one has no network at all. */
export const MODELS = [
  "openai/gpt-4o-mini",
  "groq/openai/gpt-oss-120b",
  "compatible/gpt-4o",
  "anthropic/claude-sonnet-4-5",
  "gemini/gemini-2.5-flash",
  "demo/parlance",
];
export const NETWORKED = MODELS.slice(0, -1);

export const GREETING = "Xin chào, thế giới 👋! One, two, three.";
export const ECHO = `/echo ${GREETING}`;
export const FACTS = { city: "Huế", river: "Hương", bridges: 6 };
export const ECHO_FACTS = `/echo ${JSON.stringify(FACTS)}`;
/** One red pixel. */
export const PNG =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGP4z8DwHwAFAAH/iZk9HQAAAABJRU5ErkJggg==";
export const WEATHER = {
  type: "object",
  properties: { query: { type: "string" } },
  required: ["query"],
  additionalProperties: false,
};
export const QUESTION = "/tool weather in Huế and Đà Nẵng";

/** How many calls of a tool a model makes at once: the demo provider knows one. */
export const callsOf = (model) => (model.startsWith("demo/") ? 1 : 2);
/** Models that read images. */
export const SEEING = [...NETWORKED.filter((model) => !model.startsWith("groq/")), "demo/parlance-vision"];
