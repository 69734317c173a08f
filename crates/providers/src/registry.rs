//! Which models there are right now: the catalogue, the operator's changes and what servers
//! listed, put together into one snapshot that readers share.
//!
//! Invariants: a snapshot never changes; a new one replaces it when a server's list changes
//! or a day begins (models retire by date). Ids are unique. Listing costs one `Arc` clone.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use contracts::providers::{Capabilities, Model, Prices};
use jiff::civil::Date;
use kernel::PicoUsd;

use crate::{
    account::{Account, Api},
    catalogue::{Can, Row},
    choose,
    config::{Config, ModelConfig},
    demo,
    discovery::Discovered,
    embed,
    model::Deployment,
};

/// A model together with how to reach it.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools, reason = "facts that hold or don't, each for itself")]
pub(crate) struct Entry {
    pub model: Arc<Model>,
    /// What its provider calls it.
    pub name: String,
    pub api: Api,
    /// Whether it is not to be asked through Chat Completions.
    pub responses_only: bool,
    /// None: the demo provider, which has no account.
    pub account: Option<Arc<Account>>,
    pub can: Vec<Can>,
    /// Whether its answers are streamed.
    pub streams: bool,
    /// Whether it stands in the list; one that does not can still be called by id.
    pub listed: bool,
    /// Whether a workspace's connection names it.
    pub deployed: bool,
}

/// The parts that do not change while the process runs.
pub(crate) struct Registry {
    accounts: Vec<Arc<Account>>,
    rows: Vec<Row>,
    version: String,
    config: Config,
}

/// A workspace's own ways to providers, over those of the installation.
#[derive(Debug, Default)]
pub(crate) struct Overlay {
    /// The oldest first: of several for one provider, it serves the catalogue's models.
    pub accounts: Vec<(Arc<Account>, Vec<Deployment>)>,
}

impl Overlay {
    fn of(&self, provider: &str) -> Option<&Arc<Account>> {
        self.accounts.iter().map(|(account, _)| account).find(|account| account.provider.id == provider)
    }

    /// A model of a server of the workspace's that the connection does not name: unpriced.
    pub fn unlisted(&self, id: &str) -> Option<Entry> {
        let (provider, name) = id.split_once('/').filter(|(_, name)| !name.is_empty())?;
        let account = self.of(provider).filter(|account| account.lists_models())?;
        Some(discovered(account, &Discovered::named(name)))
    }
}

/// All models at one moment.
pub(crate) struct Snapshot {
    pub day: Date,
    pub listed: Arc<[Arc<Model>]>,
    by_id: HashMap<String, Arc<Entry>>,
    /// By what their providers call them, the usable first, in the order of the providers.
    by_name: HashMap<String, Vec<Arc<Entry>>>,
    /// Those that make vectors; they are no part of the lists above.
    pub embedders: Vec<Arc<Entry>>,
    pub default: Option<String>,
}

impl Snapshot {
    pub fn entry(&self, id: &str) -> Option<&Arc<Entry>> {
        self.by_id.get(id)
    }

    /// Those that their providers call so, the usable first.
    pub fn named(&self, name: &str) -> &[Arc<Entry>] {
        self.by_name.get(name).map_or(&[], Vec::as_slice)
    }
}

/// What servers listed, by provider.
pub(crate) type Discoveries = BTreeMap<&'static str, Vec<Discovered>>;

impl Registry {
    pub fn new(accounts: Vec<Arc<Account>>, version: String, rows: Vec<Row>, config: Config) -> Self {
        Self { accounts, rows, version, config }
    }

    pub fn account(&self, id: &str) -> Option<&Arc<Account>> {
        self.accounts.iter().find(|account| account.provider.id == id)
    }

    pub fn accounts(&self) -> &[Arc<Account>] {
        &self.accounts
    }

    pub fn config(&self) -> &Config {
        &self.config
    }

    pub fn snapshot(&self, day: Date, discoveries: &Discoveries, overlay: &Overlay) -> Snapshot {
        let mut entries: Vec<Entry> = Vec::new();
        for account in &self.accounts {
            let provider = account.provider.id;
            let mut own = match overlay.of(provider) {
                Some(account) => self.entries_of(account, day, None),
                None => self.entries_of(account, day, discoveries.get(provider)),
            };
            for (account, deployments) in overlay.accounts.iter().filter(|(own, _)| own.provider.id == provider) {
                // The oldest connection that has a model of the name is the one that serves it.
                for deployment in deployments {
                    if !own.iter().any(|entry| entry.deployed && entry.name == deployment.name) {
                        own.retain(|entry| entry.name != deployment.name);
                        own.push(deployed(account, deployment));
                    }
                }
            }
            own.sort_by_cached_key(|entry| {
                let (version, price) = choose::strength(&entry.name, entry.model.prices.as_ref());
                (Reverse(version), Reverse(price), entry.model.name.clone())
            });
            entries.append(&mut own);
        }
        if self.config.demo.enabled {
            entries.extend(demo::models().into_iter().map(of_demo));
        }
        let default = choose::default(&entries, self.config.default_model.as_deref(), day);
        if let Some(chosen) = entries.iter_mut().find(|entry| Some(&entry.model.id) == default.as_ref()) {
            Arc::make_mut(&mut chosen.model).default = true;
        }
        entries.sort_by_key(|entry| entry.model.unavailable.is_some());
        let listed = entries.iter().filter(|entry| entry.listed).map(|entry| Arc::clone(&entry.model)).collect();
        let mut by_id = HashMap::with_capacity(entries.len());
        let mut by_name: HashMap<String, Vec<Arc<Entry>>> = HashMap::with_capacity(entries.len());
        for entry in entries.into_iter().map(Arc::new) {
            by_name.entry(entry.name.clone()).or_default().push(Arc::clone(&entry));
            by_id.insert(entry.model.id.clone(), entry);
        }
        let mut embedders: Vec<Arc<Entry>> = self
            .rows
            .iter()
            .filter(|row| row.embeds())
            .filter_map(|row| {
                let account = overlay.of(row.provider()).or_else(|| self.account(row.provider()))?;
                Some(Arc::new(self.known(account, row, day)))
            })
            .collect();
        if self.config.demo.enabled {
            embedders.push(Arc::new(of_demo(embed::demo_model())));
        }
        Snapshot { day, listed, by_id, by_name, embedders, default }
    }

    /// A model of a server that lists its models, before it did: unpriced, facts unknown.
    pub fn unlisted(&self, id: &str) -> Option<Entry> {
        let (provider, name) = id.split_once('/')?;
        let account = self.account(provider).filter(|account| account.lists_models())?;
        Some(discovered(account, &Discovered::named(name)))
    }

    fn entries_of(&self, account: &Arc<Account>, day: Date, found: Option<&Vec<Discovered>>) -> Vec<Entry> {
        let provider = account.provider.id;
        let mut entries: Vec<Entry> = self
            .rows
            .iter()
            .filter(|row| row.provider() == provider && !row.embeds())
            .map(|row| self.known(account, row, day))
            .collect();
        if let Some(found) = found {
            // The server's own list is the truth about what it serves.
            for entry in &mut entries {
                entry.listed = found.iter().any(|model| model.name == entry.name);
            }
            for model in found {
                if !entries.iter().any(|entry| entry.name == model.name) {
                    entries.push(discovered(account, model));
                }
            }
        }
        for (id, change) in &self.config.models {
            let Some(name) = id.strip_prefix(provider).and_then(|rest| rest.strip_prefix('/')) else {
                continue;
            };
            if !entries.iter().any(|entry| entry.name == name) {
                entries.push(discovered(account, &Discovered::named(name)));
            }
            if let Some(entry) = entries.iter_mut().find(|entry| entry.name == name) {
                entry.listed = !change.hidden;
                entry.streams = change.stream.unwrap_or(entry.streams);
                if let Some(api) = change.api {
                    entry.api = api;
                    entry.responses_only = api == Api::Responses;
                }
                apply(Arc::make_mut(&mut entry.model), change);
            }
        }
        if !account.ready() && account.base_url.is_empty() {
            // Nobody can tell what an address that isn't set would serve.
            for entry in &mut entries {
                entry.listed = false;
            }
        }
        entries
    }

    fn known(&self, account: &Arc<Account>, row: &Row, day: Date) -> Entry {
        let name = row.id.split_once('/').map_or("", |(_, name)| name).to_owned();
        let retired = row.retires.as_ref().filter(|date| date.parse::<Date>().is_ok_and(|retires| retires <= day));
        let unavailable = match retired {
            Some(date) => Some(format!("{} retired {} on {date}. Choose another model.", account.name, row.name)),
            None => account.missing(),
        };
        let mut api = row.api().unwrap_or(account.provider.api);
        // Servers that imitate OpenAI often know Chat Completions only.
        if api == Api::Responses && account.custom && account.provider.id == "openai" && row.mode == "chat" {
            api = Api::Chat;
        }
        if let (Api::Chat | Api::Responses, Some(forced)) = (api, account.api) {
            api = forced;
        }
        Entry {
            model: Arc::new(Model {
                id: row.id.clone(),
                name: row.name.clone(),
                provider: account.provider.id.to_owned(),
                provider_name: account.name.clone(),
                unavailable,
                context_window: row.context,
                max_output_tokens: row.output_limit,
                capabilities: Capabilities {
                    vision: row.can(Can::Vision),
                    tools: row.can(Can::Tools),
                    reasoning: row.can(Can::Reasoning),
                    pdf: row.can(Can::Pdf),
                    structured_output: row.can(Can::StructuredOutput),
                },
                reasoning_efforts: row.efforts.clone(),
                prices: row.prices(&self.version),
                retires_on: row.retires.clone(),
                default: false,
            }),
            name,
            api,
            responses_only: row.mode == "responses",
            account: Some(Arc::clone(account)),
            can: row.can.clone(),
            streams: true,
            listed: !row.hidden && retired.is_none(),
            deployed: false,
        }
    }
}

/// The entry of a model in this process.
fn of_demo(model: Model) -> Entry {
    Entry {
        name: model.id.trim_start_matches("demo/").to_owned(),
        model: Arc::new(model),
        api: Api::Demo,
        responses_only: false,
        account: None,
        can: Vec::new(),
        streams: true,
        listed: true,
        deployed: false,
    }
}

/// The entry of a deployment that a workspace's connection names.
pub(crate) fn deployed(account: &Arc<Account>, deployment: &Deployment) -> Entry {
    Entry { deployed: true, ..discovered(account, &Discovered::deployed(deployment)) }
}

/// The entry of a model that is not in the catalogue.
fn discovered(account: &Arc<Account>, found: &Discovered) -> Entry {
    let local = matches!(account.provider.id, "ollama" | "llamacpp");
    let prices = found.prices.clone().or_else(|| local.then(|| free("local")));
    Entry {
        model: Arc::new(Model {
            id: format!("{}/{}", account.provider.id, found.name),
            name: found.title.clone().unwrap_or_else(|| found.name.clone()),
            provider: account.provider.id.to_owned(),
            provider_name: account.name.clone(),
            unavailable: account.missing(),
            context_window: found.context,
            max_output_tokens: found.output_limit,
            capabilities: found.capabilities,
            reasoning_efforts: found.reasoning_efforts.iter().map(|effort| (*effort).to_owned()).collect(),
            prices,
            retires_on: None,
            default: false,
        }),
        name: found.name.clone(),
        api: account.api.unwrap_or(account.provider.api),
        responses_only: false,
        account: Some(Arc::clone(account)),
        can: Vec::new(),
        streams: true,
        listed: true,
        deployed: false,
    }
}

/// Prices of a model that runs on the operator's own machine.
fn free(version: &str) -> Prices {
    Prices {
        extra: contracts::providers::ExtraPrices::default(),
        version: version.to_owned(),
        input: PicoUsd::ZERO,
        output: PicoUsd::ZERO,
        cached_input: None,
        cache_write: None,
        reasoning: None,
        tiers: Vec::new(),
    }
}

/// The operator's word over the catalogue's.
fn apply(model: &mut Model, change: &ModelConfig) {
    if let Some(name) = &change.name {
        model.name.clone_from(name);
    }
    model.context_window = change.context_window.or(model.context_window);
    model.max_output_tokens = change.max_output_tokens.or(model.max_output_tokens);
    let can = &mut model.capabilities;
    can.vision = change.vision.unwrap_or(can.vision);
    can.tools = change.tools.unwrap_or(can.tools);
    can.reasoning = change.reasoning.unwrap_or(can.reasoning);
    can.pdf = change.pdf.unwrap_or(can.pdf);
    can.structured_output = change.structured_output.unwrap_or(can.structured_output);
    if let Some(efforts) = &change.reasoning_efforts {
        model.reasoning_efforts.clone_from(efforts);
    }
    if let Some(prices) = &change.prices {
        model.prices = Some(Prices {
            extra: contracts::providers::ExtraPrices::default(),
            version: "operator".to_owned(),
            input: prices.input.0,
            output: prices.output.0,
            cached_input: prices.cached_input.map(|price| price.0),
            cache_write: prices.cache_write.map(|price| price.0),
            reasoning: prices.reasoning.map(|price| price.0),
            tiers: Vec::new(),
        });
    }
}
