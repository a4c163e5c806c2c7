//! A small vocabulary for tests: files by name and text, variables by name and value.

use std::fs;

use hydra_config::{Config, ConfigErrors, Loaded, Purpose, Sources};

/// What every test that starts a server needs besides its subject.
pub(crate) const BASICS: [(&str, &str); 2] = [("DSN", "memory"), ("SECRETS_SYSTEM", "0123456789abcdef")];

pub(crate) struct Given {
    files: Vec<(String, String)>,
    sources: Sources,
    purpose: Purpose,
}

/// Nothing at all.
pub(crate) fn nothing() -> Given {
    Given { files: Vec::new(), sources: Sources::default(), purpose: Purpose::Serve }
}

/// A DSN and a secret, so that the rest can be looked at alone.
pub(crate) fn basics() -> Given {
    BASICS.iter().fold(nothing(), |given, (name, value)| given.variable(name, value))
}

impl Given {
    pub(crate) fn file(mut self, name: &str, text: &str) -> Self {
        self.files.push((name.into(), text.into()));
        self
    }

    pub(crate) fn yaml(self, text: &str) -> Self {
        self.file("hydra.yml", text)
    }

    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.sources.environment.push((name.into(), value.into()));
        self
    }

    pub(crate) fn dev(mut self) -> Self {
        self.sources.dev = true;
        self
    }

    pub(crate) fn forced_dsn(mut self, dsn: &str) -> Self {
        self.sources.dsn = Some(dsn.into());
        self
    }

    pub(crate) fn purpose(mut self, purpose: Purpose) -> Self {
        self.purpose = purpose;
        self
    }

    /// Loads; the names of files in messages are as given, without their folder.
    pub(crate) fn load(mut self) -> Result<Loaded, ConfigErrors> {
        let folder = tempfile::tempdir().expect("a folder for the test's files");
        for (name, text) in &self.files {
            let path = folder.path().join(name);
            fs::write(&path, text).expect("the folder was just made");
            self.sources.files.push(path);
        }
        let prefix = format!("{}/", folder.path().display());
        // Places hold whole paths; their text is what tests compare.
        Config::load(&self.sources, self.purpose).map_err(|mut errors| {
            for problem in &mut errors.0 {
                problem.message = problem.to_string().replace(&prefix, "");
                (problem.place, problem.key) = (None, None);
            }
            errors
        })
    }

    pub(crate) fn loaded(self) -> Loaded {
        self.load().unwrap_or_else(|errors| panic!("{errors}"))
    }

    pub(crate) fn config(self) -> Config {
        self.loaded().config
    }

    /// The lines of what is wrong.
    pub(crate) fn mistakes(self) -> Vec<String> {
        match self.load() {
            Ok(_) => panic!("the configuration should be refused"),
            Err(errors) => errors.0.into_iter().map(|problem| problem.message).collect(),
        }
    }

    /// The one line of what is wrong.
    pub(crate) fn mistake(self) -> String {
        let mut mistakes = self.mistakes();
        assert_eq!(mistakes.len(), 1, "{mistakes:#?}");
        mistakes.remove(0)
    }
}
