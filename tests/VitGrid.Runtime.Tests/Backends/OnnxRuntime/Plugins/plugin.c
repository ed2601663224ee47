// A plug-in execution provider that computes nothing: what VitGrid says of plug-ins that fail is tried with it.
// API=N: built for version N of ONNX Runtime's API. DEVICES=0: brings no device.
#include <stdbool.h>
#include <stdlib.h>
#include "onnxruntime_c_api.h"

#ifndef API
#define API 23
#endif
#ifndef DEVICES
#define DEVICES 1
#endif

static const OrtApi* ort;

static const char* ORT_API_CALL FactoryName(const OrtEpFactory* factory) NO_EXCEPTION { return "IdleExecutionProvider"; }
static const char* ORT_API_CALL Vendor(const OrtEpFactory* factory) NO_EXCEPTION { return "Nobody"; }
static uint32_t ORT_API_CALL VendorId(const OrtEpFactory* factory) NO_EXCEPTION { return 1; }
static const char* ORT_API_CALL Version(const OrtEpFactory* factory) NO_EXCEPTION { return "0.1.0"; }
static const char* ORT_API_CALL EpName(const OrtEp* ep) NO_EXCEPTION { return "IdleExecutionProvider"; }

static OrtStatus* ORT_API_CALL TakeNothing(OrtEp* ep, const OrtGraph* graph, OrtEpGraphSupportInfo* support) NO_EXCEPTION { return NULL; }

static OrtStatus* ORT_API_CALL Compile(
    OrtEp* ep, const OrtGraph** graphs, const OrtNode** nodes, size_t count, OrtNodeComputeInfo** infos, OrtNode** contexts) NO_EXCEPTION {
  return ort->CreateStatus(ORT_NOT_IMPLEMENTED, "nothing is compiled");
}

static OrtStatus* ORT_API_CALL Devices(
    OrtEpFactory* factory, const OrtHardwareDevice* const* hardware, size_t count, OrtEpDevice** devices, size_t max,
    size_t* found) NO_EXCEPTION {
  *found = 0;
  for (size_t i = 0; i < count && *found < max && *found < DEVICES; i++) {
    if (ort->HardwareDevice_Type(hardware[i]) != OrtHardwareDeviceType_CPU)
      continue;
    OrtStatus* status = ort->GetEpApi()->CreateEpDevice(factory, hardware[i], NULL, NULL, &devices[*found]);
    if (status != NULL)
      return status;
    ++*found;
  }
  return NULL;
}

static void ORT_API_CALL ReleaseInfos(OrtEp* ep, OrtNodeComputeInfo** infos, size_t count) NO_EXCEPTION {}

static OrtStatus* ORT_API_CALL NoTransfer(OrtEpFactory* factory, OrtDataTransferImpl** transfer) NO_EXCEPTION {
  *transfer = NULL;
  return NULL;
}

static bool ORT_API_CALL IsStreamAware(const OrtEpFactory* factory) NO_EXCEPTION { return false; }

static OrtStatus* ORT_API_CALL Create(
    OrtEpFactory* factory, const OrtHardwareDevice* const* hardware, const OrtKeyValuePairs* const* metadata, size_t count,
    const OrtSessionOptions* options, const OrtLogger* logger, OrtEp** ep) NO_EXCEPTION {
  OrtEp* made = calloc(1, sizeof(OrtEp));
  made->ort_version_supported = API;
  made->GetName = EpName;
  made->GetCapability = TakeNothing;
  made->Compile = Compile;
  made->ReleaseNodeComputeInfos = ReleaseInfos;
  *ep = made;
  return NULL;
}

static void ORT_API_CALL Release(OrtEpFactory* factory, OrtEp* ep) NO_EXCEPTION { free(ep); }

__attribute__((visibility("default"))) OrtStatus* CreateEpFactories(
    const char* name, const OrtApiBase* base, const OrtLogger* logger, OrtEpFactory** factories, size_t max, size_t* count) {
  ort = base->GetApi(API);
  if (ort == NULL)
    return base->GetApi(1)->CreateStatus(ORT_FAIL, "this plug-in is built for a later ONNX Runtime");
  OrtEpFactory* factory = calloc(1, sizeof(OrtEpFactory));
  factory->ort_version_supported = API;
  factory->GetName = FactoryName;
  factory->GetVendor = Vendor;
  factory->GetVendorId = VendorId;
  factory->GetVersion = Version;
  factory->GetSupportedDevices = Devices;
  factory->CreateEp = Create;
  factory->ReleaseEp = Release;
  factory->CreateDataTransfer = NoTransfer;
  factory->IsStreamAware = IsStreamAware;
  factories[0] = factory;
  *count = 1;
  return NULL;
}

__attribute__((visibility("default"))) OrtStatus* ReleaseEpFactory(OrtEpFactory* factory) {
  free(factory);
  return NULL;
}
