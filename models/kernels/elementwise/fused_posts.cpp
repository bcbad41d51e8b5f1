#include "models/kernels/elementwise/fused_posts.h"

#include <algorithm>

namespace actionflow::kernels {
namespace {

bool can_fuse(const PostOperation& operation) {
  const auto* activation = std::get_if<Activation>(&operation);
  return activation == nullptr || activation->kind == ActivationKind::relu;
}

}  // namespace

bool FusedPosts::can_take(const std::vector<PostOperation>& operations) {
  return operations.size() <= kMost && std::all_of(operations.begin(), operations.end(), can_fuse);
}

FusedPosts::FusedPosts(std::vector<PostOperation> operations, std::int64_t padded)
    : operations_(std::move(operations)) {
  for (const PostOperation& operation : operations_) {
    const auto* affine = std::get_if<ScaleShift>(&operation);
    affine_.emplace_back(aligned(affine ? affine->scale : std::vector<float>(), padded),
                         aligned(affine ? affine->shift : std::vector<float>(), padded));
  }
}

FusedPosts::List FusedPosts::at(const Arguments& arguments, std::int64_t offset, std::int64_t channel) const {
  List posts;
  for (std::size_t i = 0; i < operations_.size(); ++i) {
    if (const auto* add = std::get_if<AddInput>(&operations_[i])) {
      const auto* other = static_cast<const float*>(arguments.inputs[static_cast<std::size_t>(add->input)]);
      posts[i] = {Post::Kind::add, other + offset, nullptr};
    } else if (std::holds_alternative<ScaleShift>(operations_[i])) {
      posts[i] = {Post::Kind::scale_shift, affine_[i].first.data() + channel,
                  affine_[i].second.data() + channel};
    } else {
      posts[i] = {Post::Kind::relu, nullptr, nullptr};
    }
  }
  return posts;
}

}  // namespace actionflow::kernels
