import { Trans, useLingui } from "@lingui/react/macro";
import { createBudget, updateBudget, type Budget, type BudgetPeriod } from "@parlance/api";
import { Button, Field, Input, NativeSelect } from "@parlance/ui";
import { Choices, Radio } from "@parlance/ui/choice";
import { Dialog } from "@parlance/ui/dialog";
import { applyServerErrors } from "@/lib/forms";
import { readUsd } from "@/lib/decimal";
import { useForm, type Form } from "@/lib/use-form";
import { useIdempotency } from "@/lib/use-idempotency";
import { readSubject, subjectValue } from "./budgets.logic";
import { budgetSchema, type BudgetForm } from "./schema";
import { useSubjects } from "./use-subjects";

export default function BudgetDialog({
  budget,
  onSaved,
  onClose,
}: {
  /** Absent: a new one. */
  budget?: Budget;
  onSaved: () => void;
  onClose: () => void;
}) {
  const { t } = useLingui();
  const subjects = useSubjects();
  const once = useIdempotency();
  const form: Form<BudgetForm> = useForm<BudgetForm>({
    schema: budgetSchema,
    initial: {
      name: budget?.name ?? "",
      subject: budget ? subjectValue(budget.subject) : "workspace",
      period: budget?.period ?? "month",
      limit_usd: budget?.limit_usd ?? "",
      hard: budget && !budget.hard ? "soft" : "hard",
    },
    onSubmit: async (values) => {
      const chosen = {
        name: values.name.trim(),
        limit_usd: readUsd(values.limit_usd) ?? "0",
        hard: values.hard === "hard",
      };
      try {
        if (budget) await updateBudget({ path: { id: budget.id }, body: chosen });
        else {
          const body = {
            ...chosen,
            subject: readSubject(values.subject),
            period: values.period as BudgetPeriod,
          };
          await once(body, createBudget);
        }
        onSaved();
      } catch (error) {
        applyServerErrors(error, form);
      }
    },
  });
  const { values, errors } = form;
  return (
    <Dialog
      open
      strict
      onOpenChange={(open) => !open && onClose()}
      title={budget ? t`Edit budget` : t`New budget`}
      closeLabel={t`Close`}
      className="max-w-lg!"
      footer={
        <>
          <Button onClick={onClose}>{t`Cancel`}</Button>
          <Button type="submit" form="budget" variant="primary" pending={form.pending}>
            {budget ? t`Save` : t`Create budget`}
          </Button>
        </>
      }
    >
      <form id="budget" {...form.props} className="space-y-5">
        <Field
          label={t`For`}
          error={errors.subject}
          hint={
            budget
              ? t`Whom it is for and its period can't be changed. Make another budget instead.`
              : undefined
          }
        >
          {(control) => (
            <NativeSelect
              {...control}
              value={values.subject}
              disabled={budget !== undefined}
              onChange={(event) => form.set("subject", event.target.value)}
            >
              <option value="workspace">{t`The whole workspace`}</option>
              {subjects.groups.length > 0 && (
                <optgroup label={t`A group`}>
                  {subjects.groups.map((group) => (
                    <option key={group.id} value={`group:${group.id}`}>
                      {group.name}
                    </option>
                  ))}
                </optgroup>
              )}
              {subjects.members.length > 0 && (
                <optgroup label={t`A member`}>
                  {subjects.members.map((member) => (
                    <option key={member.user_id} value={`user:${member.user_id}`}>
                      {member.name || member.email}
                    </option>
                  ))}
                </optgroup>
              )}
              {subjects.keys.length > 0 && (
                <optgroup label={t`An API key`}>
                  {subjects.keys.map((key) => (
                    <option key={key.id} value={`key:${key.id}`}>
                      {`${key.name} (${key.prefix}…)`}
                    </option>
                  ))}
                </optgroup>
              )}
              {budget && !subjects.knows(budget.subject) && (
                <option value={subjectValue(budget.subject)}>
                  {subjects.nameOf(budget.subject)}
                </option>
              )}
            </NativeSelect>
          )}
        </Field>
        <Field label={t`Name`} error={errors.name} hint={t`Shown to whoever reaches the limit.`}>
          {(control) => (
            <Input
              {...control}
              {...form.field("name")}
              autoComplete="off"
              placeholder={t`Team, per month`}
            />
          )}
        </Field>
        <div className="grid gap-x-4 gap-y-5 sm:grid-cols-2">
          <Field label={t`Limit, in dollars`} error={errors.limit_usd}>
            {(control) => (
              <Input
                {...control}
                {...form.field("limit_usd")}
                inputMode="decimal"
                autoComplete="off"
                placeholder="25.00"
              />
            )}
          </Field>
          <Field
            label={t`Counts over`}
            hint={
              values.period === "total"
                ? t`It never starts again.`
                : t`It starts again at midnight, UTC.`
            }
          >
            {(control) => (
              <NativeSelect
                {...control}
                value={values.period}
                disabled={budget !== undefined}
                onChange={(event) => form.set("period", event.target.value)}
              >
                <option value="day">{t`each day`}</option>
                <option value="month">{t`each month`}</option>
                <option value="total">{t`all time`}</option>
              </NativeSelect>
            )}
          </Field>
        </div>
        <Choices legend={t`At the limit`}>
          <Radio
            name="hard"
            label={t`Stop`}
            hint={
              <Trans>
                A call that might pass the limit is refused before it is made. Not a cent more is
                spent.
              </Trans>
            }
            checked={values.hard === "hard"}
            onChange={() => form.set("hard", "hard")}
          />
          <Radio
            name="hard"
            label={t`Only warn`}
            hint={<Trans>Everything goes on; 80, 90 and 100 % are reported.</Trans>}
            checked={values.hard === "soft"}
            onChange={() => form.set("hard", "soft")}
          />
        </Choices>
      </form>
    </Dialog>
  );
}
