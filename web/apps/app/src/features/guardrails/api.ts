/** The workspace's policy or a key's: the same calls for both. */
import {
  deleteKeyGuardrails,
  getGuardrails,
  getKeyGuardrails,
  setGuardrails,
  setKeyGuardrails,
  type GuardrailPolicy,
  type Guardrails,
} from "@parlance/api";

/** A request may leave fields out; an answer has them all. */
export type Policy = Required<GuardrailPolicy>;

export interface PolicyView extends Guardrails {
  policy: Policy;
  floor: Policy;
}

export const getPolicy = async (key: string | null, signal?: AbortSignal) => {
  const view =
    key === null ? getGuardrails({ signal }) : getKeyGuardrails({ path: { id: key }, signal });
  return (await view) as PolicyView;
};

export const setPolicy = async (key: string | null, body: Policy) => {
  const view =
    key === null ? setGuardrails({ body }) : setKeyGuardrails({ path: { id: key }, body });
  return (await view) as PolicyView;
};

export const deletePolicy = (key: string) => deleteKeyGuardrails({ path: { id: key } });
