// What people otherwise check YAML with: js-yaml and ajv, by the schemas that attune publishes.
//
//   node validate_peer.mjs SCHEMAS DIRECTORY     (ajv and js-yaml in node_modules beside it)
//
// Reads every manifest below DIRECTORY, parses it and judges it by its kind's schema; what stands
// between files (references, configs by their triggers, schedules) it cannot know.
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.env.ATTUNE_PEER_MODULES, "x.js"));
const Ajv = require("ajv");
const yaml = require("js-yaml");

const [schemas, directory] = process.argv.slice(2);
const ajv = new Ajv({ allErrors: true, strict: false, formats: { duration: true, "date-time": true } });
const judges = new Map(
  ["Pack", "Trigger", "Action", "Sensor", "Rule"].map((kind) => [
    kind,
    ajv.compile(JSON.parse(readFileSync(join(schemas, `${kind.toLowerCase()}.schema.json`), "utf8"))),
  ]),
);

const packs = join(directory, "packs");
for (const name of readdirSync(packs, { recursive: true })) {
  if (!name.endsWith(".yaml")) continue;
  const manifest = yaml.load(readFileSync(join(packs, name), "utf8"), { schema: yaml.CORE_SCHEMA });
  const judge = judges.get(manifest.kind);
  if (!judge(manifest)) {
    console.error(name, judge.errors);
    process.exitCode = 1;
  }
}
