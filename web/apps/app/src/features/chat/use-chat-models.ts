import { useQuery } from "@tanstack/react-query";
import { chooseModel } from "@/features/models/models.logic";
import { availableModels, type Model } from "@/features/models/queries";
import { lastModel } from "./settings";

const NONE: Model[] = [];

/** The models that can be used, and the one that would answer. */
export function useChatModels(wanted: string | null, isNew: boolean) {
  const { data: models = NONE } = useQuery(availableModels);
  const model = chooseModel(models, wanted, isNew ? lastModel() : null);
  /** What the button shows: nothing else than what was chosen, even when that is gone. */
  const shown = wanted === null || model?.id === wanted ? model : undefined;
  return { models, model, shown };
}
