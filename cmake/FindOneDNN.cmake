# oneDNN's CPU library, found without its own package file: Debian's asks for OpenCL headers, which
# nothing here uses. Set OneDNN_ROOT to build against another version.
find_path(OneDNN_INCLUDE_DIR oneapi/dnnl/dnnl.hpp)
find_library(OneDNN_LIBRARY dnnl)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(OneDNN REQUIRED_VARS OneDNN_LIBRARY OneDNN_INCLUDE_DIR)
if(OneDNN_FOUND AND NOT TARGET DNNL::dnnl)
  add_library(DNNL::dnnl INTERFACE IMPORTED)
  target_include_directories(DNNL::dnnl SYSTEM INTERFACE ${OneDNN_INCLUDE_DIR})
  target_link_libraries(DNNL::dnnl INTERFACE ${OneDNN_LIBRARY})
endif()
