// @vitest-environment jsdom
import { act, useEffect, type ChangeEvent, type FormEvent } from "react";
import { createRoot } from "react-dom/client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import * as z from "zod/mini";
import { useForm, type Form } from "./use-form";

const schema = z.object({
  name: z.string().check(z.trim(), z.minLength(1, "empty"), z.maxLength(3, "long")),
  email: z.string().check(z.email("no address")),
});
type Values = z.infer<typeof schema>;

const show = vi.fn<(form: Form<Values>) => void>();
const onSubmit = vi.fn<(values: Values) => Promise<void>>(() => Promise.resolve());
const host = document.createElement("div");
let root: ReturnType<typeof createRoot>;

function Fixture() {
  const form = useForm<Values>({ schema, initial: { name: "", email: "" }, onSubmit });
  useEffect(() => {
    show(form);
  });
  return (
    <form {...form.props}>
      <input {...form.field("name")} />
      <input {...form.field("email")} />
    </form>
  );
}

function shown(): Form<Values> {
  const [form] = show.mock.lastCall ?? [];
  if (!form) throw new Error("not rendered");
  return form;
}

beforeEach(() => {
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  onSubmit.mockClear();
  document.body.append(host);
  root = createRoot(host);
  act(() => root.render(<Fixture />));
});
afterEach(() => act(() => root.unmount()));

const submit = () =>
  act(async () => shown().props.onSubmit({ preventDefault: () => undefined } as FormEvent));
const type = (name: keyof Values, value: string) =>
  act(() =>
    shown()
      .field(name)
      .onChange({ target: { value } } as ChangeEvent<HTMLInputElement>),
  );

test("what is wrong stays here, named beside its field, the first one focused", async () => {
  await submit();
  expect(shown().errors).toEqual({ name: "empty", email: "no address" });
  expect((document.activeElement as HTMLInputElement).name).toBe("name");
  expect(onSubmit).not.toHaveBeenCalled();
});

test("a wrong field is checked again while it is mended, an untouched one isn't", async () => {
  await submit();
  type("name", "long one");
  expect(shown().errors.name).toBe("long");
  type("name", "Ann");
  expect(shown().errors).toEqual({ email: "no address" });
});

test("checked values are sent, cleaned as the schema says", async () => {
  type("name", " Ann ");
  type("email", "a@b.co");
  expect(shown().dirty).toBe(true);
  await submit();
  expect(onSubmit).toHaveBeenCalledWith({ name: "Ann", email: "a@b.co" });
});

test("an error of the server shows until the field changes", async () => {
  type("name", "Ann");
  act(() => shown().setError("name", "taken"));
  expect(shown().errors.name).toBe("taken");
  type("name", "Bob");
  expect(shown().errors.name).toBeUndefined();
});
