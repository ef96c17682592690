//! The machine, described: figures mean nothing without it.

/// One line about the processor, the memory, and how busy the machine was.
pub(crate) fn describe() -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let cpuinfo = read("/proc/cpuinfo");
    let model =
        cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ").map(|(_, name)| name));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let memory = read("/proc/meminfo");
    let kilobytes =
        memory.lines().find_map(|line| line.strip_prefix("MemTotal:")?.split_whitespace().next()?.parse::<f64>().ok());
    let gigabytes = kilobytes.map_or(0.0, |kilobytes| kilobytes * 1024.0 / 1e9);
    format!("{cores} cores of {}, {gigabytes:.0} GB", model.unwrap_or("an unknown processor").trim())
}

/// How many processes wanted a core, on average over the last minute.
pub(crate) fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().next().unwrap_or("unknown").to_owned()
}
