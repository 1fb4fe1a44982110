/** Types of the parts of node-onvif 0.1.7 that we use: its service classes as makers of SOAP bodies. Its transport is replaced (`services.ts`). */
declare module 'node-onvif/lib/modules/soap.js' {
  interface Order {
    readonly body: string;
    readonly xmlns: readonly string[];
  }
  interface Result {
    /** The `…Response` element, as our own transport read it. */
    readonly data: import('../../protocols/xml.ts').XmlElement;
  }
  const soap: {
    createRequestSoap(order: Order): unknown;
    requestCommand(address: unknown, operation: string, order: Order): Promise<Result>;
  };
  export = soap;
}

declare module 'node-onvif/lib/modules/service-device.js' {
  class OnvifServiceDevice {
    constructor(options: { readonly xaddr: string });
    getDeviceInformation(): Promise<{ readonly data: import('../../protocols/xml.ts').XmlElement }>;
    getCapabilities(): Promise<{ readonly data: import('../../protocols/xml.ts').XmlElement }>;
  }
  export = OnvifServiceDevice;
}

declare module 'node-onvif/lib/modules/service-media.js' {
  class OnvifServiceMedia {
    constructor(options: { readonly xaddr: string; readonly time_diff: number });
    getProfiles(): Promise<{ readonly data: import('../../protocols/xml.ts').XmlElement }>;
    /** Values must be ASCII without `<` and `>`; they are not escaped. */
    getStreamUri(options: {
      readonly ProfileToken: string;
      readonly Protocol: 'UDP' | 'HTTP' | 'RTSP';
    }): Promise<{ readonly data: import('../../protocols/xml.ts').XmlElement }>;
    getSnapshotUri(options: { readonly ProfileToken: string }): Promise<{ readonly data: import('../../protocols/xml.ts').XmlElement }>;
  }
  export = OnvifServiceMedia;
}

declare module 'node-onvif/lib/modules/service-ptz.js' {
  class OnvifServicePtz {
    constructor(options: { readonly xaddr: string; readonly time_diff: number });
    continuousMove(options: {
      readonly ProfileToken: string;
      readonly Velocity: { readonly x: number; readonly y: number; readonly z: number };
      /** Seconds. */
      readonly Timeout: number;
    }): Promise<{ readonly data: import('../../protocols/xml.ts').XmlElement }>;
    stop(options: {
      readonly ProfileToken: string;
      readonly PanTilt: boolean;
      readonly Zoom: boolean;
    }): Promise<{ readonly data: import('../../protocols/xml.ts').XmlElement }>;
    gotoHomePosition(options: { readonly ProfileToken: string }): Promise<{ readonly data: import('../../protocols/xml.ts').XmlElement }>;
    getPresets(options: { readonly ProfileToken: string }): Promise<{ readonly data: import('../../protocols/xml.ts').XmlElement }>;
    gotoPreset(options: {
      readonly ProfileToken: string;
      readonly PresetToken: string;
    }): Promise<{ readonly data: import('../../protocols/xml.ts').XmlElement }>;
    removePreset(options: {
      readonly ProfileToken: string;
      readonly PresetToken: string;
    }): Promise<{ readonly data: import('../../protocols/xml.ts').XmlElement }>;
    /** One of the two must be there. */
    setPreset(options: {
      readonly ProfileToken: string;
      readonly PresetToken?: string;
      readonly PresetName?: string;
    }): Promise<{ readonly data: import('../../protocols/xml.ts').XmlElement }>;
  }
  export = OnvifServicePtz;
}
