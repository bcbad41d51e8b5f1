#include "models/kernels/converted.h"

#include "models/kernels/number_conversion.h"

namespace actionflow::kernels {
namespace {

class Converted final : public Kernel {
 public:
  Converted(std::unique_ptr<Kernel> kernel, const std::vector<Conversion>& in, const Conversion& out)
      : kernel_(std::move(kernel)), in_(in), out_(out) {}

  std::string implementation() const override {
    return kernel_->implementation() + " in " + to_string(in_.front().own.type);
  }
  std::size_t weight_bytes() const override { return kernel_->weight_bytes(); }
  std::size_t state_bytes() const override { return kernel_->state_bytes(); }
  std::size_t scratch_bytes() const override {
    std::size_t bytes = kernel_->scratch_bytes();
    for (const Conversion& value : in_) bytes += converted_bytes(value);
    return bytes + converted_bytes(out_) + 64;
  }

  void run(const Arguments& arguments) const override { bind(arguments)->run(); }
  std::unique_ptr<Bound> bind(const Arguments& arguments) const override {
    Arguments inner;
    auto* scratch = static_cast<std::byte*>(arguments.scratch);
    const auto place = [&](const Conversion& value, const void* as_it_is) {
      if (!value.needed()) return const_cast<void*>(as_it_is);
      void* here = scratch;
      scratch += converted_bytes(value);
      return here;
    };
    for (std::size_t i = 0; i < in_.size(); ++i) inner.inputs.push_back(place(in_[i], arguments.inputs[i]));
    inner.output = place(out_, arguments.output);
    inner.scratch = scratch;
    inner.state = arguments.state;
    return std::make_unique<Ready>(*this, arguments, inner);
  }

 private:
  class Ready final : public Bound {
   public:
    Ready(const Converted& kernel, const Arguments& outer, const Arguments& inner)
        : kernel_(kernel), outer_(outer), inner_(inner), bound_(kernel.kernel_->bind(inner)) {}

    void run() const override {
      for (std::size_t i = 0; i < kernel_.in_.size(); ++i) {
        const Conversion& value = kernel_.in_[i];
        if (value.needed())
          convert_value(value.held, outer_.inputs[i], value.own, const_cast<void*>(inner_.inputs[i]));
      }
      bound_->run();
      const Conversion& result = kernel_.out_;
      if (result.needed()) convert_value(result.own, inner_.output, result.held, outer_.output);
    }

   private:
    const Converted& kernel_;
    Arguments outer_, inner_;
    std::unique_ptr<Bound> bound_;
  };

  static std::size_t converted_bytes(const Conversion& value) {
    return value.needed() ? (value.own.bytes() + 63) / 64 * 64 : 0;
  }

  std::unique_ptr<Kernel> kernel_;
  std::vector<Conversion> in_;
  Conversion out_;
};

}  // namespace

Conversion in_f32(const Layout& held) {
  Layout own = held;
  own.type = ElementType::f32;
  own.scale = 1;
  return {held, own};
}

std::vector<Conversion> all_in_f32(const std::vector<Layout>& held) {
  std::vector<Conversion> result;
  for (const Layout& layout : held) result.push_back(in_f32(layout));
  return result;
}

std::unique_ptr<Kernel> make_converted(std::unique_ptr<Kernel> kernel, const std::vector<Conversion>& in,
                                       const Conversion& out) {
  if (kernel == nullptr) return nullptr;
  return std::make_unique<Converted>(std::move(kernel), in, out);
}

}  // namespace actionflow::kernels
