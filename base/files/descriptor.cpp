#include "base/files/descriptor.h"

#include <unistd.h>

namespace actionflow {

void Descriptor::close() noexcept {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

}  // namespace actionflow
