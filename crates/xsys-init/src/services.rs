//! All services together: started in the order of the configuration, and stopped at the end.

use crate::health;
use crate::log::say;
use crate::service::Supervised;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use xsys_init::config::Service;

static ALL: Mutex<Vec<Arc<Supervised>>> = Mutex::new(Vec::new());
static LEAVING: AtomicBool = AtomicBool::new(false);

/// All services, in the order of the configuration.
pub(crate) fn all() -> Vec<Arc<Supervised>> {
    ALL.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Starts services one after another; those after one with a `ready` check wait for it. All this is done in the
/// background: the first process has children to collect.
pub(crate) fn start_all(services: Vec<Service>) {
    let services: Vec<_> = services
        .into_iter()
        .map(|service| Arc::new(Supervised::new(service)))
        .collect();
    ALL.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone_from(&services);
    let run = move || {
        for service in services {
            if LEAVING.load(Ordering::SeqCst) {
                return;
            }
            service.start();
            health::watch(&service);
            if let Some(check) = &service.service.ready {
                health::wait_until_ready(&service, check);
            }
        }
    };
    if let Err(error) = thread::Builder::new().name("services".into()).spawn(run) {
        say!("no thread to start services: {error}");
    }
}

/// Records why services are not started.
pub(crate) fn start_none(services: Vec<Service>, why: &str) {
    let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
    for service in services {
        let service = Supervised::new(service);
        service.not_started(why);
        all.push(Arc::new(service));
    }
}

/// Asks all services to stop. Their states say whether they have.
pub(crate) fn stop_all() {
    LEAVING.store(true, Ordering::SeqCst);
    all().iter().for_each(|service| service.stop());
}
