#include "models/kernels/kernel.h"

namespace actionflow::kernels {
namespace {

class Plain final : public Kernel::Bound {
 public:
  Plain(const Kernel& kernel, const Arguments& arguments) : kernel_(kernel), arguments_(arguments) {}
  void run() const override { kernel_.run(arguments_); }

 private:
  const Kernel& kernel_;
  Arguments arguments_;
};

}  // namespace

std::unique_ptr<Kernel::Bound> Kernel::bind(const Arguments& arguments) const {
  return std::make_unique<Plain>(*this, arguments);
}

}  // namespace actionflow::kernels
