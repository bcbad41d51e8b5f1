#include "models/formats/hdf5/hdf5_writer.h"

#include <fmt/format.h>
#include <hdf5.h>

#include <vector>

#include "base/error.h"

namespace actionflow {
namespace {

constexpr std::string_view kNameOf = " name";

// What the library made, closed at the end; a failure is an error that says what was to be made.
class Made {
 public:
  Made(hid_t id, herr_t (*close)(hid_t), const std::string& what) : id_(id), close_(close) {
    if (id < 0) throw ModelError(fmt::format("{} cannot be made", what));
  }
  Made(const Made&) = delete;
  Made& operator=(const Made&) = delete;
  ~Made() { close_(id_); }
  operator hid_t() const { return id_; }

 private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

void write_dataset(hid_t file, hid_t on_the_way, const std::string& name, const Tensor& value) {
  const std::vector<hsize_t> extents(value.shape().begin(), value.shape().end());
  const Made space(H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr), H5Sclose,
                   name);
  const Made untimed(H5Pcreate(H5P_DATASET_CREATE), H5Pclose, name);
  H5Pset_obj_track_times(untimed, false);
  const Made dataset(H5Dcreate2(file, name.c_str(), H5T_IEEE_F32LE, space, on_the_way, untimed, H5P_DEFAULT),
                     H5Dclose, name);
  if (H5Dwrite(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, value.data()) < 0)
    throw ModelError(fmt::format("{} cannot be written", name));
}

// As h5py writes a text: of variable length, in UTF-8.
void write_name(hid_t file, const std::string& group, const std::string& name) {
  const Made type(H5Tcopy(H5T_C_S1), H5Tclose, "a type");
  H5Tset_size(type, H5T_VARIABLE);
  H5Tset_cset(type, H5T_CSET_UTF8);
  const Made space(H5Screate(H5S_SCALAR), H5Sclose, "a scalar");
  const bool there = H5Lexists(file, group.c_str(), H5P_DEFAULT) > 0;
  const Made where(there ? H5Gopen2(file, group.c_str(), H5P_DEFAULT)
                         : H5Gcreate2(file, group.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
                   H5Gclose, group);
  const Made attribute(H5Acreate2(where, "name", type, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose, group);
  const char* text = name.c_str();
  if (H5Awrite(attribute, type, &text) < 0) throw ModelError(fmt::format("{} cannot be named", group));
}

}  // namespace

void write_hdf5_here(const SafetensorsFile& content, const std::filesystem::path& path) {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  const Made file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), H5Fclose, path.string());
  const Made groups_on_the_way(H5Pcreate(H5P_LINK_CREATE), H5Pclose, "a property");
  H5Pset_create_intermediate_group(groups_on_the_way, 1);
  for (const auto& [name, value] : content.tensors) write_dataset(file, groups_on_the_way, name, value);
  for (const auto& [key, value] : content.metadata)
    if (key.ends_with(kNameOf)) write_name(file, key.substr(0, key.size() - kNameOf.size()), value);
}

}  // namespace actionflow
