// `extends:` of a model file: another file's network, and what is different here.
#pragma once

#include "base/config/config.h"

namespace actionflow {

// `root` laid on the file that it extends, which may extend another: the keys of `input` and `defaults` one
// by one, the blocks by name, all else as a whole; the name stays this file's. The path is relative to the
// file. `root` itself where it extends nothing. Throws ConfigError for a file that cannot be read, and for a
// ring of them.
config::Value extended(const config::Value& root);

}  // namespace actionflow
